//! What tests/stack/install has installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder with all of it.
pub struct Parts(PathBuf);

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

impl Parts {
    pub fn installed() -> Parts {
        let folder = match (
            std::env::var_os("MCPDOC_STACK"),
            std::env::var_os("CARGO_TARGET_DIR"),
        ) {
            (Some(stack), _) => PathBuf::from(stack),
            (None, Some(target)) => PathBuf::from(target).join("stack"),
            (None, None) => root().join("target/stack"),
        };
        let run = Command::new(root().join("tests/stack/install")).output();
        let run = run.expect("tests/stack/install");
        let complaint = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success(), "tests/stack/install: {complaint}");
        Parts(folder)
    }

    /// A program of node/package.json.
    pub fn program(&self, name: &str) -> PathBuf {
        self.real(&Path::new("node").join(name))
    }

    /// A configuration of the docker command that has `compose`, where the user's own has not.
    pub fn docker_config(&self) -> Option<PathBuf> {
        let folder = self.0.join("docker");
        folder.is_dir().then(|| self.real(Path::new("docker")))
    }

    /// What to mount for an environment: where it is here, and in the container; and the interpreter that it uses, which
    /// the packages of Node bring with them.
    pub fn mounts(&self, environment: &str, inside: &str) -> Vec<String> {
        let real = |name: &str| self.real(Path::new(name)).display().to_string();
        let mut mounts = vec![format!("{}:{inside}:ro", real(environment))];
        if environment != "node" {
            let python = real(&format!("python-{environment}"));
            mounts.push(format!("{python}:{python}:ro"));
        }
        mounts
    }

    fn real(&self, name: &Path) -> PathBuf {
        fs::canonicalize(self.0.join(name)).unwrap_or_else(|error| panic!("{name:?}: {error}"))
    }
}
