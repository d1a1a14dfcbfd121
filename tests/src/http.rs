//! A client that is small enough to see what it sends.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// Status line and headers, and the body.
#[derive(Debug)]
pub struct Answer {
    /// `HTTP/1.1 200 OK` and the headers.
    pub head: String,
    /// What follows them.
    pub body: String,
}

/// Sends `method path` to `address`, for example `127.0.0.1:9464`.
///
/// # Errors
///
/// Whatever the connection says.
pub fn request(address: &str, method: &str, path: &str) -> std::io::Result<Answer> {
    raw(address, &format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"))
}

/// Sends a body, with further headers, each of which ends in `\r\n`.
///
/// # Errors
///
/// Whatever the connection says.
pub fn send(address: &str, method: &str, path: &str, headers: &str, body: &str) -> std::io::Result<Answer> {
    let length = body.len();
    raw(
        address,
        &format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
        ),
    )
}

/// Sends any text and reads until the server is done.
///
/// # Errors
///
/// Whatever the connection says.
pub fn raw(address: &str, request: &str) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let body =
        if head.to_ascii_lowercase().contains("transfer-encoding: chunked") { unchunked(body) } else { body.into() };
    Ok(Answer { head: head.to_owned(), body })
}

impl Answer {
    /// The number of the status line.
    ///
    /// # Panics
    ///
    /// If there is none.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("{}", self.head))
    }

    /// The body, as JSON.
    ///
    /// # Panics
    ///
    /// If it is none.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|why| panic!("{why}: {}\n{}", self.head, self.body))
    }
}

fn unchunked(mut body: &str) -> String {
    let mut out = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        if size == 0 {
            break;
        }
        out.push_str(&rest[..size]);
        body = &rest[size + 2..];
    }
    out
}
