//! Parse, run, exit.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    mcpdoc::command::run(mcpdoc::cli::Cli::parse())
}
