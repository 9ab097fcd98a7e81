//! Marks in the place of a machine's own paths: the working directory, folders above it, the home.

use std::path::{Path, PathBuf};

use crate::load::{Request, join};
use crate::model::Stack;

/// Where a record is made, or replayed.
#[derive(Clone, Debug)]
pub(super) struct Places {
    cwd: PathBuf,
    above: usize,
    /// Paths and their marks, the longest path first.
    marks: Vec<(String, String)>,
}

const CWD: &str = "${mcpdoc:cwd";
const UP: &str = "/..";
const HOME: &str = "${mcpdoc:home}";

impl Places {
    /// Those of a run: from the working directory up to where all that was read is below.
    pub fn of(request: &Request, stack: &Stack) -> Places {
        let home = request.home.as_deref();
        let mut above = 0;
        let files = stack.sources.iter();
        for source in files.filter(|source| source.container().is_none()) {
            let path = join(&request.cwd, source.name());
            let levels = request.cwd.ancestors().enumerate();
            let common = levels
                .filter(|(_, folder)| folder.parent().is_some())
                .find(|(_, folder)| path.starts_with(folder));
            if home.is_none_or(|home| !path.starts_with(home) || request.cwd.starts_with(home))
                && let Some((level, _)) = common
            {
                above = above.max(level);
            }
        }
        Places::with(request, above)
    }

    /// Those of a run, with marks for so many folders above the working directory.
    pub fn with(request: &Request, above: usize) -> Places {
        let mut marks = Vec::new();
        let mut mark = |path: &Path, mark: String| {
            // A root is everywhere, and tells nothing.
            if let Some(path) = path.to_str().filter(|_| path.parent().is_some()) {
                marks.push((path.to_owned(), mark));
            }
        };
        for (level, folder) in request.cwd.ancestors().enumerate().take(above + 1) {
            mark(folder, format!("{CWD}{}}}", UP.repeat(level)));
        }
        if let Some(home) = &request.home {
            mark(home, HOME.to_owned());
        }
        // Stable: of the same path the first one counts.
        marks.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
        Places {
            cwd: request.cwd.clone(),
            above,
            marks,
        }
    }

    /// How many folders above the working directory have marks.
    pub fn above(&self) -> usize {
        self.above
    }

    /// A path that reports name in this way.
    pub fn path(&self, name: &str) -> PathBuf {
        join(&self.cwd, name)
    }

    /// A text with marks for paths.
    pub fn hidden(&self, text: &str) -> String {
        self.marks
            .iter()
            .filter(|(path, _)| text.contains(path.as_str()))
            .fold(text.to_owned(), |text, (path, mark)| {
                replaced(&text, path, mark)
            })
    }

    /// A text with paths for marks.
    pub fn shown(&self, text: &str) -> String {
        if !text.contains("${mcpdoc:") {
            return text.to_owned();
        }
        self.marks
            .iter()
            .fold(text.to_owned(), |text, (path, mark)| {
                text.replace(mark, path)
            })
    }
}

/// Another name for a home, as long as its own.
#[derive(Clone, Debug)]
pub(super) struct Renamed(Option<(String, String)>);

impl Renamed {
    /// That of a home that is called after its user.
    pub fn home(home: Option<&Path>) -> Renamed {
        Renamed(home.and_then(|home| {
            let (text, name) = (home.to_str()?, home.file_name()?.to_str()?);
            let parent = text.strip_suffix(name)?;
            // A root's home tells nothing, and what is called after LiteLLM is taken for its folder.
            let tells = name != "root" && !name.to_ascii_lowercase().contains("litellm");
            tells.then(|| {
                (
                    text.to_owned(),
                    format!("{parent}{}", "u".repeat(name.len())),
                )
            })
        }))
    }

    /// A text with that name.
    pub fn renamed(&self, text: &str) -> String {
        match &self.0 {
            Some((path, other)) if text.contains(path.as_str()) => replaced(text, path, other),
            _ => text.to_owned(),
        }
    }
}

/// A text with a mark for a path, where it stands as such and is no part of a longer name.
fn replaced(text: &str, path: &str, mark: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(path) {
        let (before, after) = (&rest[..at], &rest[at + path.len()..]);
        let joins = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
        let follows = before.chars().next_back().or(out.chars().next_back());
        let mut next = after.chars();
        let ends = match next.next() {
            Some('.') => !next.next().is_some_and(joins),
            Some(c) => !joins(c),
            None => true,
        };
        let starts = !follows.is_some_and(|c| joins(c) || matches!(c, '.' | '~' | '}'));
        out.push_str(before);
        out.push_str(match starts && ends {
            true => mark,
            false => path,
        });
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(cwd: &str, home: Option<&str>, above: usize) -> Places {
        let request = Request {
            cwd: cwd.into(),
            home: home.map(PathBuf::from),
            ..Request::default()
        };
        Places::with(&request, above)
    }

    #[test]
    fn paths_are_hidden_where_they_are_meant_and_come_back() {
        let here = places("/home/ann/stack/gw", Some("/home/ann"), 1);
        let there = places("/tmp/x/gw", Some("/root"), 1);
        for (text, mark, elsewhere) in [
            ("/home/ann/stack/gw", "${mcpdoc:cwd}", "/tmp/x/gw"),
            (
                "/home/ann/stack/gw/a.yaml,/home/ann/stack/b.yaml",
                "${mcpdoc:cwd}/a.yaml,${mcpdoc:cwd/..}/b.yaml",
                "/tmp/x/gw/a.yaml,/tmp/x/b.yaml",
            ),
            (
                "read /home/ann/.claude.json.",
                "read ${mcpdoc:home}/.claude.json.",
                "read /root/.claude.json.",
            ),
            (
                "file:///home/ann.",
                "file://${mcpdoc:home}.",
                "file:///root.",
            ),
            ("/home/anna", "/home/anna", "/home/anna"),
            ("/home/ann.old", "/home/ann.old", "/home/ann.old"),
            ("/mnt/home/ann", "/mnt/home/ann", "/mnt/home/ann"),
            ("a", "a", "a"),
        ] {
            assert_eq!(here.hidden(text), mark, "{text}");
            assert_eq!(here.shown(mark), text);
            assert_eq!(there.shown(mark), elsewhere);
        }
    }

    #[test]
    fn a_home_has_another_name_as_long_as_its_own() {
        let renamed = |home: &str, text: &str| Renamed::home(Some(Path::new(home))).renamed(text);
        let text = "./a:/a # /home/ann/b, /home/anna, /mnt/home/ann";
        assert_eq!(
            renamed("/home/ann", text),
            "./a:/a # /home/uuu/b, /home/anna, /mnt/home/ann"
        );
        for home in ["/", "/root", "/srv/LiteLLM"] {
            assert_eq!(renamed(home, &format!("{home}/a")), format!("{home}/a"));
        }
    }

    #[test]
    fn a_root_is_no_place() {
        let places = places("/", Some("/"), 5);
        assert_eq!(places.hidden("/etc/a"), "/etc/a");
    }
}
