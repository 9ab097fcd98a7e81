//! `include`: other projects whose resources come in, each with its own directory and variables (Compose spec,
//! "include"). On a conflict what the including file says is laid over what it includes, as compose-go does it.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::scope::{Scope, ScopeId};
use super::value::{Data, Entries, Value};
use super::{Assembly, DOT_ENV, MAX_DEPTH, MAX_FOLLOWED, RESOURCES, is_remote, merge};
use crate::load::join;
use crate::model::How;

impl Assembly<'_, '_> {
    pub(super) fn add_scope(&mut self, scope: Scope) -> ScopeId {
        self.scopes.push(scope);
        ScopeId(self.scopes.len() - 1)
    }

    /// Brings in everything that a file includes.
    pub(super) fn include_all(
        &mut self,
        sections: &mut Entries,
        includes: &Value,
        scope: ScopeId,
        trail: &mut Vec<PathBuf>,
    ) {
        if !includes.is_null() && !matches!(includes.data, Data::List(_)) {
            let what = "`include` is not a list, as Compose expects";
            self.unread.get_or_insert_with(|| what.to_owned());
            self.gap(what, includes.at.pointer());
        }
        for entry in includes.items() {
            match self.include(entry, scope, trail) {
                Ok(included) => import(sections, included),
                Err(gap) => {
                    self.unread.get_or_insert_with(|| gap.clone());
                    self.gap(gap, entry.at.pointer());
                }
            }
        }
    }

    fn include(
        &mut self,
        entry: &Value,
        outer: ScopeId,
        trail: &mut Vec<PathBuf>,
    ) -> Result<Entries, String> {
        let outer_dir = self.scopes[outer.0].dir.clone();
        let mut paths: Vec<PathBuf> = Vec::new();
        for path in entry.get("path").unwrap_or(entry).items_or_one() {
            paths.push(self.named(path, &outer_dir)?);
        }
        let first = paths.first().ok_or("include names no file")?;
        if trail.contains(first) {
            return Err("including this file leads back to itself".to_owned());
        }
        if trail.len() >= MAX_DEPTH {
            return Err(format!("include is not followed deeper than {MAX_DEPTH}"));
        }
        if self.followed + paths.len() > MAX_FOLLOWED {
            return Err(format!("more than {MAX_FOLLOWED} files are not followed"));
        }
        self.followed += paths.len();

        let dir = match entry.get("project_directory") {
            Some(dir) => {
                let written = local(dir)?;
                let path = join(&outer_dir, written);
                let dot_env = path.join(DOT_ENV);
                self.loader.name_at(&dot_env, dir.at.pointer(), written);
                path
            }
            None => first.parent().unwrap_or(&outer_dir).to_owned(),
        };
        let variables = match self.are_outside(paths.iter().map(PathBuf::as_path)) {
            true => Rc::clone(&self.scopes[outer.0].variables),
            false => self.included_variables(entry, outer, &dir)?,
        };
        let scope = self.add_scope(Scope { dir, variables });

        let mut merged = Entries::new();
        for path in &paths {
            let (source, content) = self.read(path, scope, How::Mounted);
            if !self.included.contains(&source) && !self.files.contains(&source) {
                self.included.push(source);
            }
            if let Some(content) = content {
                trail.push(path.clone());
                self.lay_over(&mut merged, content, scope, trail);
                trail.pop();
            } else {
                self.note_unread(source);
            }
        }
        Ok(merged)
    }

    /// A path that is named, seen from a directory.
    fn named(&mut self, value: &Value, dir: &Path) -> Result<PathBuf, String> {
        let written = local(value)?;
        let path = join(dir, written);
        self.loader.name_at(&path, value.at.pointer(), written);
        Ok(path)
    }

    /// The including project's variables, then those of `env_file` or of the `.env` in the included directory.
    fn included_variables(
        &mut self,
        entry: &Value,
        outer: ScopeId,
        dir: &Path,
    ) -> Result<Rc<super::Variables>, String> {
        let Scope {
            dir: outer_dir,
            variables: outer_variables,
        } = self.scopes[outer.0].clone();
        let mut paths = Vec::new();
        match entry.get("env_file") {
            Some(named) => {
                for path in named.items_or_one() {
                    paths.push(self.named(path, &outer_dir)?);
                }
                paths.retain(|path| path.as_os_str() != "/dev/null");
            }
            None => {
                let dot_env = dir.join(DOT_ENV);
                if self.loader.may_be_file(&dot_env) {
                    paths.push(dot_env);
                }
            }
        }
        if paths.is_empty() {
            return Ok(outer_variables);
        }
        Ok(Rc::new(self.variables(
            &outer_variables,
            &paths,
            How::Mounted,
        )))
    }
}

/// The text of a path on this machine.
fn local(path: &Value) -> Result<&str, String> {
    match path.text() {
        None => Err("include names no file".to_owned()),
        Some(text) if !text.known => Err(format!(
            "{} depends on a variable that is not known",
            text.text
        )),
        Some(text) if is_remote(&text.text) => {
            Err(format!("{} is remote: not followed", text.text))
        }
        Some(text) => Ok(&text.text),
    }
}

/// Adds included resources after a file's own.
fn import(sections: &mut Entries, mut included: Entries) {
    for key in RESOURCES {
        let Some(from) = included.shift_remove(*key) else {
            continue;
        };
        let Some(to) = sections.get_mut(*key) else {
            sections.insert((*key).into(), from);
            continue;
        };
        let (Data::Map(to), Data::Map(from)) = (&mut to.data, from.data) else {
            continue;
        };
        for (name, resource) in from {
            match to.get_mut(&name) {
                Some(own) => own.change(|own| merge::resource(key, resource, own)),
                None => {
                    to.insert(name, resource);
                }
            }
        }
    }
}
