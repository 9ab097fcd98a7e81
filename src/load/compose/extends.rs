//! `extends`: a service takes what another one says, of the same file or of another (Compose spec, "extends").

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::place::Place;
use super::scope::{Scope, ScopeId};
use super::value::{Data, Entries, Tag, Value};
use super::{Assembly, MAX_DEPTH, MAX_FOLLOWED, is_remote, merge};
use crate::load::join;
use crate::model::How;
use crate::source::SourceId;

/// Bytes that `extends` may copy in one project.
const MAX_COPIED: usize = 256 * 1024 * 1024;

/// The services of one file.
struct Book {
    source: SourceId,
    services: Entries,
    resolved: HashSet<Rc<str>>,
}

/// The books of one file and of those that its services extend.
struct Library<'x, 'l, 'a> {
    assembly: &'x mut Assembly<'l, 'a>,
    books: Vec<Book>,
    by_path: HashMap<PathBuf, Option<usize>>,
    /// Services that extend what was not read, and why it was not.
    unread: HashMap<(usize, Rc<str>), String>,
    /// Services that are being resolved.
    trail: Vec<(usize, Rc<str>)>,
}

impl Assembly<'_, '_> {
    /// The services of a file with everything that they extend.
    pub(super) fn follow_extends(&mut self, services: Entries, source: SourceId) -> Entries {
        let extending: Vec<Rc<str>> = services
            .iter()
            .filter(|(_, service)| service.get("extends").is_some())
            .map(|(name, _)| name.clone())
            .collect();
        if extending.is_empty() {
            return services;
        }
        let mut library = Library {
            assembly: self,
            books: vec![Book::new(source, services)],
            by_path: HashMap::new(),
            unread: HashMap::new(),
            trail: Vec::new(),
        };
        for name in &extending {
            library.resolve(0, name);
        }
        let Library {
            mut books, unread, ..
        } = library;
        let own = unread.into_iter().filter(|((book, _), _)| *book == 0);
        self.unread_services
            .extend(own.map(|((_, name), why)| (name, why)));
        books.swap_remove(0).services
    }
}

impl Book {
    fn new(source: SourceId, services: Entries) -> Book {
        Book {
            source,
            services,
            resolved: HashSet::new(),
        }
    }
}

/// What `extends` names.
struct Reference {
    service: Rc<str>,
    file: Option<(String, Place)>,
    scope: ScopeId,
}

impl Library<'_, '_, '_> {
    fn resolve(&mut self, book: usize, name: &str) {
        let here = &mut self.books[book];
        if !here.resolved.insert(name.into()) {
            return;
        }
        let Some(Data::Map(attributes)) = here.services.get_mut(name).map(|it| &mut it.data) else {
            return;
        };
        let Some(extends) = attributes.shift_remove("extends") else {
            return;
        };
        if extends.tag == Tag::Reset {
            return;
        }
        match self.base(book, name, &extends) {
            Err(gap) => {
                self.unread.insert((book, name.into()), gap.clone());
                self.assembly.gap(gap, extends.at.pointer());
            }
            Ok((base, unread)) => {
                if let Some(why) = unread {
                    self.unread.insert((book, name.into()), why);
                }
                self.lay_over(book, name, base);
            }
        }
    }

    /// A copy of what the service extends, itself resolved, and why that is not all of it, if so.
    fn base(
        &mut self,
        book: usize,
        name: &str,
        extends: &Value,
    ) -> Result<(Value, Option<String>), String> {
        let reference = reference(extends)?;
        let target = match &reference.file {
            None => book,
            Some((file, at)) => self.open(file, at, &reference)?,
        };
        let wanted = &*reference.service;
        if !self.books[target].services.contains_key(wanted) {
            let file = self
                .assembly
                .loader
                .source(self.books[target].source)
                .name();
            return Err(format!("service {wanted:?} to extend is not in {file}"));
        }
        let is_itself = target == book && wanted == name;
        if is_itself
            || self
                .trail
                .iter()
                .any(|(at, on)| *at == target && **on == *wanted)
        {
            return Err(format!("extending {wanted:?} leads back to itself"));
        }
        if self.trail.len() >= MAX_DEPTH {
            return Err(format!("extends is not followed deeper than {MAX_DEPTH}"));
        }
        self.trail.push((book, name.into()));
        self.resolve(target, wanted);
        self.trail.pop();

        let base = &self.books[target].services[wanted];
        self.assembly.copied = self.assembly.copied.saturating_add(base.weight());
        if self.assembly.copied > MAX_COPIED {
            return Err("extends copies too much to be followed".to_owned());
        }
        let mut base = base.clone();
        base.settle();
        let unread = self.unread.get(&(target, wanted.into())).cloned();
        Ok((base, unread))
    }

    fn lay_over(&mut self, book: usize, name: &str, base: Value) {
        let Some(slot) = self.books[book].services.get_mut(name) else {
            return;
        };
        slot.change(|own| Value {
            at: own.at.clone(),
            scope: own.scope,
            tag: own.tag,
            data: merge::service(
                base,
                Value {
                    tag: Tag::None,
                    ..own
                },
            )
            .data,
        });
    }

    /// The book of another file.
    fn open(&mut self, file: &str, at: &Place, reference: &Reference) -> Result<usize, String> {
        if is_remote(file) {
            return Err(format!("{file} is remote: not followed"));
        }
        let scope = self.assembly.scopes[reference.scope.0].clone();
        let path = join(&scope.dir, file);
        self.assembly.loader.name_at(&path, at.pointer(), file);
        let unread = || format!("{file} has no services that can be extended");
        if let Some(known) = self.by_path.get(&path) {
            return known.ok_or_else(unread);
        }
        if self.assembly.followed >= MAX_FOLLOWED {
            return Err(format!("more than {MAX_FOLLOWED} files are not followed"));
        }
        self.assembly.followed += 1;
        let scope = Scope {
            dir: path.parent().unwrap_or(Path::new("")).to_owned(),
            variables: scope.variables,
        };
        let scope = self.assembly.add_scope(scope);
        let (source, content) = self.assembly.read(&path, scope, How::Mounted);
        let services = content.and_then(|content| match content.data {
            Data::Map(mut sections) => sections.shift_remove("services"),
            _ => None,
        });
        let book = match services.map(|services| services.data) {
            Some(Data::Map(services)) => {
                self.books.push(Book::new(source, services));
                Some(self.books.len() - 1)
            }
            _ => None,
        };
        self.by_path.insert(path, book);
        book.ok_or_else(unread)
    }
}

fn reference(extends: &Value) -> Result<Reference, String> {
    let known = |value: &Value| match value.text() {
        Some(text) if text.known => Ok(text.text.clone()),
        Some(text) => Err(format!(
            "{} depends on a variable that is not known",
            text.text
        )),
        None => Err("extends names no service".to_owned()),
    };
    let service = extends.get("service").unwrap_or(extends);
    let file = extends.get("file");
    let file = file.map(|file| Ok::<_, String>((known(file)?, file.at.clone())));
    Ok(Reference {
        service: known(service)?.into(),
        file: file.transpose()?,
        scope: extends.scope,
    })
}
