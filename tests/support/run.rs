//! `mcpdoc check` over files in memory, as the command line asks for it.
#![allow(dead_code, reason = "each test uses its part")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Parser;
use mcpdoc::cli::{Cli, Command};
use mcpdoc::command::check::{Prepared, World, prepare};
use mcpdoc::load::Files;
use mcpdoc::{Examination, examine};

/// The working directory of such a run.
pub const CWD: &str = "/home/user/stack";

/// Runs `mcpdoc check` with `arguments` in [`CWD`].
pub fn run(arguments: &str, home: Option<&str>, files: &dyn Files) -> Examination {
    let Prepared {
        request,
        settings,
        selection,
        ..
    } = prepared(arguments, home, files);
    examine(&request, &settings, &selection, files)
}

/// What `mcpdoc check` with `arguments` in [`CWD`] asks for.
pub fn prepared(arguments: &str, home: Option<&str>, files: &dyn Files) -> Prepared {
    let words = ["mcpdoc", "check"]
        .into_iter()
        .chain(arguments.split_whitespace());
    let Command::Check(args) = Cli::try_parse_from(words).expect("arguments").command else {
        panic!("not a check");
    };
    let world = World {
        files,
        cwd: PathBuf::from(CWD),
        home: home.map(PathBuf::from),
        shell: BTreeMap::new(),
        machine: Vec::new(),
        today: Some("2026-11-27".to_owned()),
        apart: None,
    };
    prepare(&args, world).expect("a run")
}
