//! Indexes the text files under a folder, and shows what that did as metrics.
//!
//! A walker puts files into a queue, four workers take them out. Each file is a task of four steps: read, decode,
//! tokenise, count. A file that cannot be read or is not UTF-8 fails; one that takes too long is cancelled.
//!
//! The whole instrumentation is the `#[observed(…)]` lines of `index.rs`.

mod arguments;
mod index;
mod serve;

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use arguments::{Arguments, Wanted};
use index::Index;

fn main() -> ExitCode {
    let arguments = match arguments::parse(std::env::args_os().skip(1)) {
        Ok(Wanted::Help) => {
            let _ = std::io::stdout().write_all(arguments::HELP.as_bytes());
            return ExitCode::SUCCESS;
        }
        Ok(Wanted::Run(arguments)) => arguments,
        Err(wrong) => {
            say(format_args!("quickstart: {wrong}\n\n{}", arguments::HELP));
            return ExitCode::from(2);
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            say(format_args!("quickstart: cannot start: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let end = runtime.block_on(run(arguments));
    // A read that never comes back, of a network folder say, must not keep the program.
    runtime.shutdown_background();
    match end {
        Ok(()) => ExitCode::SUCCESS,
        Err(wrong) => {
            say(format_args!("quickstart: {wrong}"));
            ExitCode::FAILURE
        }
    }
}

/// Prints a line for the user, who may have closed the other end.
fn say(line: std::fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

async fn run(arguments: Arguments) -> Result<(), String> {
    let folder = &arguments.folder;
    let readable = std::fs::read_dir(folder);
    readable.map_err(|error| format!("cannot index `{}`: {error}; give a folder", folder.display()))?;
    if arguments.spans {
        tracing_subscriber::fmt()
            .with_writer(std::io::stderr)
            .with_span_events(tracing_subscriber::fmt::format::FmtSpan::CLOSE)
            .init();
    }
    let (listener, address) = serve::bind(arguments.listen).await?;
    say(format_args!("serving http://{address}/metrics"));
    tokio::spawn(serve::serve(listener));

    let index = Arc::new(Index::default());
    let report = index::run(folder, Arc::clone(&index), arguments.limit).await;
    say(format_args!("{report}"));

    if arguments.once {
        return match std::io::stdout().write_all(tallied::gather_metrics().as_bytes()) {
            // A reader such as `head` may have seen enough.
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(format!("cannot print: {error}")),
            _ => Ok(()),
        };
    }
    say(format_args!("still serving http://{address}/metrics; stop with ctrl-c"));
    tokio::signal::ctrl_c().await.map_err(|error| format!("cannot wait for ctrl-c: {error}"))
}
