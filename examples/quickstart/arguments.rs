//! The command line.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

pub const HELP: &str = "\
Indexes the text files under DIR and serves what that did as Prometheus metrics.

usage: quickstart [DIR] [--once] [--listen ADDRESS] [--limit MILLISECONDS] [--spans]

  DIR              the folder to index; the current one if absent. Hidden files
                   and folders, symbolic links and folders called `target` or
                   `node_modules` are passed over
  --once           stop when the index is done, and print the metrics
  --listen ADDRESS where to serve them, 127.0.0.1:9464 if absent; if the port is
                   taken, a free one is used
  --limit MS       cancel a file that takes longer, 250 if absent
  --spans          print each span to standard error as it closes
";

pub struct Arguments {
    pub folder: PathBuf,
    pub once: bool,
    pub listen: SocketAddr,
    pub limit: Duration,
    pub spans: bool,
}

pub enum Wanted {
    Help,
    Run(Arguments),
}

/// # Errors
///
/// An argument that is unknown or has a value that cannot be read, or a second folder.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Wanted, String> {
    let mut folder = None;
    let mut arguments = Arguments {
        folder: PathBuf::from("."),
        once: false,
        listen: SocketAddr::from(([127, 0, 0, 1], 9464)),
        limit: Duration::from_millis(250),
        spans: false,
    };
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let text = word.to_string_lossy().into_owned();
        let mut value = || {
            let value = words.next().ok_or_else(|| format!("`{text}` needs a value"))?;
            Ok::<_, String>(value.to_string_lossy().into_owned())
        };
        match text.as_str() {
            "--help" | "-h" => return Ok(Wanted::Help),
            "--once" => arguments.once = true,
            "--spans" => arguments.spans = true,
            "--listen" => {
                let given = value()?;
                let read = given.parse();
                arguments.listen =
                    read.map_err(|_| format!("`--listen {given}` is no address; write it like 127.0.0.1:9464"))?;
            }
            "--limit" => {
                let given = value()?;
                let read = given.parse().map(Duration::from_millis);
                arguments.limit = read.map_err(|_| format!("`--limit {given}` is no number of milliseconds"))?;
            }
            unknown if unknown.starts_with('-') && unknown != "-" => {
                return Err(format!("unknown argument `{unknown}`"));
            }
            _ if folder.is_some() => return Err(format!("a second folder, `{text}`; give one")),
            _ => folder = Some(PathBuf::from(word)),
        }
    }
    arguments.folder = folder.unwrap_or(arguments.folder);
    Ok(Wanted::Run(arguments))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &[&str]) -> Result<Arguments, String> {
        match parse(words.iter().map(OsString::from))? {
            Wanted::Run(arguments) => Ok(arguments),
            Wanted::Help => Err("help".into()),
        }
    }

    #[test]
    fn the_current_folder_and_the_usual_port_are_the_defaults() {
        let arguments = parsed(&[]).unwrap();
        assert_eq!(arguments.folder, PathBuf::from("."));
        assert_eq!(arguments.listen.to_string(), "127.0.0.1:9464");
        assert!(!arguments.once);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (words, part) in [
            (&["--lisen", "x"][..], "`--lisen`"),
            (&["--listen"][..], "needs a value"),
            (&["--listen", "nine"][..], "`--listen nine`"),
            (&["--limit", "-1"][..], "`--limit -1`"),
            (&["a", "b"][..], "second folder"),
        ] {
            let message = parsed(words).err().unwrap();
            assert!(message.contains(part), "{message}");
        }
    }
}
