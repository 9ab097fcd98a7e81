//! Paths that are one file under several names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where symbolic links lead, for those paths that were asked about.
#[derive(Clone, Debug, Default)]
pub struct Links(BTreeMap<PathBuf, PathBuf>);

impl Links {
    /// Notes what a path leads to.
    pub fn note(&mut self, path: &Path, real: PathBuf) {
        if path != real {
            self.0.insert(path.to_owned(), real);
        }
    }

    /// What a path leads to, as far as it or a directory above it was noted; else the path itself.
    pub fn real(&self, path: &Path) -> PathBuf {
        if self.0.is_empty() {
            return path.to_owned();
        }
        let noted = |above: &Path| Some((self.0.get(above)?, path.strip_prefix(above).ok()?));
        match path.ancestors().find_map(noted) {
            Some((real, rest)) if rest.as_os_str().is_empty() => real.clone(),
            Some((real, rest)) => real.join(rest),
            None => path.to_owned(),
        }
    }

    /// Whether two paths are one file.
    pub fn same(&self, a: &Path, b: &Path) -> bool {
        a == b || self.real(a) == self.real(b)
    }

    /// Whether `path` is `dir` or lies below it.
    pub fn within(&self, path: &Path, dir: &Path) -> bool {
        path.starts_with(dir) || self.real(path).starts_with(self.real(dir))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_from_the_nearest_noted_path() {
        let mut links = Links::default();
        links.note(Path::new("/a"), "/data".into());
        links.note(Path::new("/a/c.yaml"), "/etc/c.yaml".into());
        let same = |a: &str, b: &str| links.same(Path::new(a), Path::new(b));
        assert!(same("/a/b.yaml", "/data/b.yaml") && same("/a/c.yaml", "/etc/c.yaml"));
        assert!(same("/x", "/x") && !same("/a", "/b"));
        assert!(links.within(Path::new("/data/x/y"), Path::new("/a")));
        assert!(!links.within(Path::new("/data"), Path::new("/a/x")));
    }
}
