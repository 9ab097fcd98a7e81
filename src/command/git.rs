//! What a change touches, as git tells it.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use crate::load::{Overlay, join};
use crate::source::MAX_BYTES;

/// What is different from a revision, in the files as they are: committed or not.
#[derive(Debug)]
pub(super) struct Change {
    /// The top of the repository.
    top: PathBuf,
    /// The commit from which both have come.
    base: String,
    /// Names of files, as seen from there; those that are gone among them.
    names: Vec<String>,
}

impl Change {
    /// Asks git what is different from `revision` in the repository that `dir` is in: from where both have a common past,
    /// so that what others have done since is no part of it.
    ///
    /// # Errors
    /// When there is no git, no repository, or no such revision.
    pub fn since(revision: &str, dir: &Path) -> anyhow::Result<Change> {
        let flag = || format!("--changed-since {revision}");
        let line = |output: Vec<u8>| String::from_utf8_lossy(&output).trim_end().to_owned();
        // As seen from here: the path of the folder may lead through links.
        let up = git(dir, &["rev-parse", "--show-cdup"]).with_context(flag)?;
        let top = join(dir, &line(up));
        let commit = format!("{revision}^{{commit}}");
        let known = git(
            dir,
            &[
                "rev-parse",
                "--verify",
                "--quiet",
                "--end-of-options",
                &commit,
            ],
        );
        let commit = known.map_err(|_| {
            anyhow::anyhow!(
                "there is no such revision in {}; is it fetched?",
                top.display()
            )
        });
        let commit = line(commit.with_context(flag)?);
        let base = git(dir, &["merge-base", &commit, "HEAD"]).map_err(|_| {
            anyhow::anyhow!(
                "it has no past in common with HEAD; a shallow clone lacks it: fetch more of it"
            )
        });
        let base = line(base.with_context(flag)?);
        let differ = [
            "diff",
            "--name-only",
            "--no-renames",
            "--no-ext-diff",
            "--no-textconv",
            "--no-relative",
            "-z",
            &base,
            "--",
        ];
        let new = ["ls-files", "--others", "--exclude-standard", "-z"];
        let mut names: BTreeSet<String> = split(&git(&top, &differ).with_context(flag)?).collect();
        names.extend(split(&git(&top, &new).with_context(flag)?));
        Ok(Change {
            top,
            base,
            names: names.into_iter().collect(),
        })
    }

    /// The top of the repository.
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// The files, absolute; of a repository in it the folder.
    pub fn files(&self) -> BTreeSet<PathBuf> {
        let names = self.names.iter();
        names
            .map(|name| self.top.join(name.trim_end_matches('/')))
            .collect()
    }

    /// Puts the files as they were before the change.
    ///
    /// # Errors
    /// When git does not tell.
    pub fn undo(&self, files: &mut Overlay<'_>) -> anyhow::Result<()> {
        let mut cat = command(&self.top, &["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("git")?;
        let (Some(mut asked), Some(told)) = (cat.stdin.take(), cat.stdout.take()) else {
            bail!("git has no pipes");
        };
        let mut told = BufReader::new(told);
        // One by one: neither side waits for the other with a full pipe. A name with a line break cannot be asked for.
        for name in self.names.iter().filter(|name| !name.contains('\n')) {
            let path = self.top.join(name);
            writeln!(asked, "{}:{name}", self.base).context("git")?;
            asked.flush().context("git")?;
            match answer(&mut told)? {
                Some(bytes) => files.put(&path, bytes),
                None => files.hide(&path),
            }
        }
        drop(asked);
        cat.wait().context("git")?;
        Ok(())
    }
}

/// One object of `git cat-file --batch`; nothing where there is none, or it is no file that would be read.
fn answer(told: &mut impl BufRead) -> anyhow::Result<Option<Vec<u8>>> {
    let mut head = String::new();
    told.read_line(&mut head).context("git")?;
    let mut words = head.trim_end().rsplit(' ');
    let (Some(last), kind) = (words.next(), words.next()) else {
        bail!("git ended early");
    };
    let Ok(size) = last.parse::<usize>() else {
        return Ok(None);
    };
    let wanted = kind == Some("blob") && size <= MAX_BYTES;
    let mut bytes = Vec::new();
    let mut content = told.take(size as u64 + 1);
    if wanted {
        content.read_to_end(&mut bytes).context("git")?;
        bytes.pop();
    } else {
        std::io::copy(&mut content, &mut std::io::sink()).context("git")?;
    }
    Ok(wanted.then_some(bytes))
}

fn split(names: &[u8]) -> impl Iterator<Item = String> {
    let names = names
        .split(|byte| *byte == 0)
        .filter(|name| !name.is_empty());
    let names: Vec<String> = names
        .filter_map(|name| String::from_utf8(name.to_vec()).ok())
        .collect();
    names.into_iter()
}

fn git(dir: &Path, arguments: &[&str]) -> anyhow::Result<Vec<u8>> {
    let output = command(dir, arguments).output();
    let output = output.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            anyhow::anyhow!("git is not installed, and it tells what has changed")
        }
        _ => anyhow::anyhow!("git: {error}"),
    })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().next().unwrap_or("git failed");
        bail!("{}", said.trim_start_matches("fatal: "));
    }
    Ok(output.stdout)
}

/// Git without hooks, monitors and programs for diffs. Filters that the settings of this clone name it still starts.
fn command(dir: &Path, arguments: &[impl AsRef<OsStr>]) -> Command {
    let mut command = Command::new("git");
    command
        .args([
            "-c",
            "core.fsmonitor=false",
            "-c",
            "core.hooksPath=/dev/null",
            "-c",
            "diff.external=",
        ])
        .args(["-c", "core.quotePath=false", "--no-pager"])
        .arg("-C")
        .arg(dir)
        .args(arguments)
        .stdin(Stdio::null());
    command
}
