//! Programs that a gateway starts.

use serde::Deserialize;

use crate::catalog::VersionSet;

/// Programs that the gateway starts.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stdio {
    /// What has to be switched on.
    pub disabled: Disabled,
    /// Which programs are started at all.
    pub allowed: Allowed,
    /// Variables that a child has from the gateway.
    pub inherited: Vec<String>,
}

/// Versions that start no program unless a variable says so.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disabled {
    /// The versions.
    pub versions: VersionSet,
    /// The variable, in the environment of the process itself.
    pub variable: String,
    /// Its value; white space around it and case do not count.
    pub value: String,
}

/// Versions that start some programs only.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowed {
    /// The versions.
    pub versions: VersionSet,
    /// The programs.
    pub programs: Vec<String>,
    /// The variable that adds others, parted by commas.
    pub variable: String,
}

/// Endings of programs that do not count.
const PROGRAM_ENDINGS: [&str; 4] = [".exe", ".cmd", ".bat", ".com"];

impl Allowed {
    /// Whether a command is started where the variable adds `more`.
    pub fn has(&self, command: &str, more: &str) -> bool {
        let program = program_of(command);
        let lower = program.to_ascii_lowercase();
        let plain = PROGRAM_ENDINGS
            .iter()
            .find_map(|ending| lower.strip_suffix(ending))
            .unwrap_or(&lower);
        let is = |have: &str| have == program || have == lower || have == plain;
        self.programs.iter().any(|have| is(have))
            || more.split(',').any(|have| !have.is_empty() && is(have))
    }
}

/// The name of a command's program: the last part of its path.
pub fn program_of(command: &str) -> &str {
    command.rsplit('/').next().unwrap_or(command)
}

/// A program and its arguments that stand in one text. A path may have spaces in it: there only flags, or a program
/// that is known, show that arguments are meant.
pub fn with_arguments<'t>(text: &'t str, programs: &[String]) -> Option<(&'t str, Vec<&'t str>)> {
    let mut words = text.split_whitespace();
    let program = words.next()?;
    let arguments: Vec<&str> = words.collect();
    let is_known = programs.iter().any(|known| known == program_of(program));
    let plain = !program.contains('/') && !program.contains('\\');
    let flags = arguments.iter().any(|word| word.starts_with('-'));
    (!arguments.is_empty() && (plain || is_known || flags)).then_some((program, arguments))
}
