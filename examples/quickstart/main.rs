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

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = match arguments::parse(std::env::args_os().skip(1)) {
        Ok(Wanted::Help) => {
            print!("{}", arguments::HELP);
            return ExitCode::SUCCESS;
        }
        Ok(Wanted::Run(arguments)) => arguments,
        Err(wrong) => {
            eprintln!("quickstart: {wrong}\n\n{}", arguments::HELP);
            return ExitCode::from(2);
        }
    };
    match run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(wrong) => {
            eprintln!("quickstart: {wrong}");
            ExitCode::FAILURE
        }
    }
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
    eprintln!("serving http://{address}/metrics");
    tokio::spawn(serve::serve(listener));

    let index = Arc::new(Index::default());
    let report = index::run(folder, Arc::clone(&index), arguments.limit).await;
    eprint!("{report}");

    if arguments.once {
        return match std::io::stdout().write_all(tallied::gather_metrics().as_bytes()) {
            // A reader such as `head` may have seen enough.
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(format!("cannot print: {error}")),
            _ => Ok(()),
        };
    }
    eprintln!("still serving http://{address}/metrics; stop with ctrl-c");
    tokio::signal::ctrl_c().await.map_err(|error| format!("cannot wait for ctrl-c: {error}"))
}
