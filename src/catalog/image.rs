//! Image references as Docker reads them, so that two ways of writing one image are one name.

use std::fmt;

use super::glob;
use super::version::Version;

/// A reference to an image, normalised: `docker.io/library/redis:7` and `redis:7` are equal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ImageRef {
    /// The registry's host with its port; `None` is Docker Hub.
    pub registry: Option<String>,
    /// The path in the registry, without `library/` on Docker Hub: `crystaldba/postgres-mcp`, `redis`.
    pub repository: String,
    /// As written; `None` where none is written, which Docker reads as `latest`.
    pub tag: Option<String>,
    /// As written: `sha256:…`.
    pub digest: Option<String>,
}

/// Names under which Docker Hub is written.
const HUB: [&str; 3] = ["docker.io", "index.docker.io", "registry-1.docker.io"];

/// Tags that are moved to another image with each release or build.
const FLOATING: [&str; 8] = [
    "latest", "main", "master", "nightly", "edge", "dev", "stable", "*-latest",
];

impl ImageRef {
    /// Reads a reference. Nothing is refused: a reference with an unresolved `${VARIABLE}` in its name is kept as it
    /// stands and matches nothing.
    pub fn parse(text: &str) -> ImageRef {
        let text = text.trim();
        if is_image_id(text) {
            return ImageRef {
                registry: None,
                repository: String::new(),
                tag: None,
                digest: Some(text.to_string()),
            };
        }
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest.to_string())),
            None => (text, None),
        };
        let (name, tag) = split_tag(name);
        let (registry, repository) = match name.split_once('/') {
            Some((first, rest)) if is_registry(first) => (Some(first), rest),
            _ => (None, name),
        };
        let registry = registry.filter(|host| !HUB.contains(host));
        let repository = match registry {
            None => repository.strip_prefix("library/").unwrap_or(repository),
            Some(_) => repository,
        };
        ImageRef {
            registry: registry.map(str::to_string),
            repository: repository.to_string(),
            tag: tag.map(str::to_string),
            digest,
        }
    }

    /// The name without tag and digest, by which the catalog knows an image: `ghcr.io/github/github-mcp-server`,
    /// `mcp/postgres`.
    pub fn repository_name(&self) -> String {
        match &self.registry {
            Some(registry) => format!("{registry}/{}", self.repository),
            None => self.repository.clone(),
        }
    }

    /// Whether the name (not the tag) is whole: no unresolved variable, not empty.
    pub fn is_named(&self) -> bool {
        !self.repository.is_empty() && !self.repository_name().contains('$')
    }

    /// Whether the tag names another image tomorrow: no tag, or one of the moving ones (`latest`, `main`, `stable`,
    /// `*-latest` …) or of `more` (globs). Never with a digest; not with a tag that is an unresolved variable, of
    /// which nothing is known.
    pub fn is_floating(&self, more: &[String]) -> bool {
        if self.digest.is_some() {
            return false;
        }
        match &self.tag {
            None => true,
            Some(tag) => FLOATING
                .iter()
                .copied()
                .chain(more.iter().map(String::as_str))
                .any(|pattern| glob::matches(pattern, tag)),
        }
    }

    /// The version that the tag names: at least two numbers, or `main`. `1` and dates name none.
    pub fn version(&self) -> Option<Version> {
        let version = Version::parse(self.tag.as_deref()?)?;
        (version.is_head() || version.precision() >= 2).then_some(version)
    }
}

impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.repository_name())?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        match &self.digest {
            Some(digest) if self.repository.is_empty() => f.write_str(digest),
            Some(digest) => write!(f, "@{digest}"),
            None => Ok(()),
        }
    }
}

fn is_image_id(text: &str) -> bool {
    text.strip_prefix("sha256:")
        .is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Docker's rule: a first component with a dot or a port, or `localhost`, is a registry.
fn is_registry(first: &str) -> bool {
    first == "localhost" || first.contains(['.', ':'])
}

/// Splits at the colon of the tag: the last one behind the last slash, both outside `${…}`.
fn split_tag(name: &str) -> (&str, Option<&str>) {
    let mut depth = 0_usize;
    let mut colon = None;
    for (at, c) in name.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            '/' if depth == 0 => colon = None,
            ':' if depth == 0 => colon = Some(at),
            _ => {}
        }
    }
    match colon {
        Some(at) => (&name[..at], Some(&name[at + 1..])),
        None => (name, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_normalised() {
        for (written, name, tag) in [
            ("crystaldba/postgres-mcp", "crystaldba/postgres-mcp", None),
            (
                "docker.io/crystaldba/postgres-mcp:0.3.0",
                "crystaldba/postgres-mcp",
                Some("0.3.0"),
            ),
            ("docker.io/library/redis:7", "redis", Some("7")),
            ("index.docker.io/a/b", "a/b", None),
            ("library/redis", "redis", None),
            ("localhost:5000/a/b:1.2", "localhost:5000/a/b", Some("1.2")),
            ("localhost/a", "localhost/a", None),
            (
                "ghcr.io/github/github-mcp-server:v1",
                "ghcr.io/github/github-mcp-server",
                Some("v1"),
            ),
            ("ghcr.io/library/x", "ghcr.io/library/x", None),
        ] {
            let image = ImageRef::parse(written);
            assert_eq!(image.repository_name(), name);
            assert_eq!(image.tag.as_deref(), tag);
            assert!(image.is_named());
        }
    }

    #[test]
    fn floating_tags_are_known() {
        for floating in [
            "a/b",
            "a/b:latest",
            "a/b:main-latest",
            "a/b:main",
            "a/b:nightly",
            "a/b:edge",
            "a/b:dev",
            "a/b:stable",
        ] {
            assert!(ImageRef::parse(floating).is_floating(&[]), "{floating}");
        }
        for pinned in [
            "a/b:1.2.3",
            "a/b:latest@sha256:0123",
            "a/b@sha256:0123",
            "a/b:${TAG}",
            "a/b:v1.77.3-stable",
        ] {
            assert!(!ImageRef::parse(pinned).is_floating(&[]), "{pinned}");
        }
        assert!(ImageRef::parse("a/b:uvx").is_floating(&["uvx".to_owned()]));
        assert!(ImageRef::parse("a/b:main-stable").is_floating(&["*-stable".to_owned()]));
    }

    #[test]
    fn tags_name_versions() {
        let version = |image: &str| ImageRef::parse(image).version();
        assert_eq!(version("a/b:v1.77.3-stable"), Version::parse("1.77.3"));
        assert_eq!(version("a/b:main"), Some(Version::head()));
        assert_eq!(version("a/b:0.3"), Version::parse("0.3.0"));
        for none in ["a/b", "a/b:latest", "a/b:17", "a/b:2025-06-01", "a/b:${T}"] {
            assert_eq!(version(none), None, "{none}");
        }
    }

    #[test]
    fn unresolved_variables_match_nothing() {
        let image = ImageRef::parse("${REGISTRY:-ghcr.io}/a/b:${TAG:-latest}");
        assert!(!image.is_named());
        assert_eq!(image.tag.as_deref(), Some("${TAG:-latest}"));
        assert!(!ImageRef::parse("${IMAGE}").is_named());
        assert!(ImageRef::parse("a/b:${TAG}").is_named());
    }

    #[test]
    fn image_ids_are_digests() {
        let id = format!("sha256:{}", "0a".repeat(32));
        let image = ImageRef::parse(&id);
        assert_eq!(image.digest.as_deref(), Some(id.as_str()));
        assert!(!image.is_named() && !image.is_floating(&[]));
        assert_eq!(image.to_string(), id);
        assert_eq!(
            ImageRef::parse("docker.io/a/b:1@sha256:0f").to_string(),
            "a/b:1@sha256:0f"
        );
    }
}
