//! Parse, run, exit.

use std::process::ExitCode;

use mcpdoc::command;

fn main() -> ExitCode {
    command::run(command::parse())
}
