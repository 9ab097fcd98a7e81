//! Parse, run, exit.

use std::process::ExitCode;

use mcpdoc::command;

fn main() -> ExitCode {
    match command::parse() {
        Ok(cli) => command::run(cli),
        Err(code) => code,
    }
}
