//! A laboratory on a real container engine: images of busybox, networks and containers under a random prefix, which are
//! gone when it is dropped. Talks through the `docker` command, so that it needs no runtime.
#![allow(dead_code, reason = "each test uses its part")]

use std::cell::RefCell;
use std::collections::hash_map::RandomState;
use std::fs;
use std::hash::{BuildHasher as _, Hasher as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Networks, images and containers of one test.
pub struct Lab {
    prefix: String,
    /// `docker` commands that remove what was made, the last first.
    made: RefCell<Vec<Vec<String>>>,
    base: RefCell<Option<String>>,
}

/// What [`Lab::run`] runs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spec<'a> {
    /// Its name, without the prefix.
    pub name: &'a str,
    /// The image, as [`Lab::image`] called it; busybox where none is named.
    pub image: &'a str,
    /// Words after the image; where there are none and no image either, it sleeps.
    pub command: &'a [&'a str],
    /// Networks with the prefix, each with the names that it has there. The engine's default network where there is none.
    pub networks: &'a [(&'a str, &'a [&'a str])],
    /// `NAME=VALUE`.
    pub env: &'a [&'a str],
    /// `NAME=VALUE`.
    pub labels: &'a [&'a str],
    /// As after `-p`.
    pub publish: &'a [&'a str],
    /// Other options of `docker create`.
    pub options: &'a [&'a str],
}

/// A container that was started.
#[derive(Clone, Debug)]
pub struct Running {
    /// 64 digits.
    pub id: String,
    /// With the prefix.
    pub name: String,
}

/// How long the engine may take to bring something about.
const PATIENCE: Duration = Duration::from_secs(30);

impl Lab {
    /// An empty one. Fails where no engine answers.
    pub fn new() -> Lab {
        let version = docker(&["version", "--format", "{{.Server.Version}}"]);
        assert!(!version.is_empty(), "the engine says no version");
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_u32(std::process::id());
        let number = hasher.finish() as u32;
        Lab {
            prefix: format!("mcpdoc-{number:08x}"),
            made: RefCell::default(),
            base: RefCell::default(),
        }
    }

    /// What the names of everything in it begin with.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// A name with the prefix.
    pub fn name(&self, name: &str) -> String {
        format!("{}-{name}", self.prefix)
    }

    /// A bridge network.
    pub fn network(&self, name: &str) -> String {
        self.network_with(name, &[])
    }

    /// A network with options of `docker network create`.
    pub fn network_with(&self, name: &str, options: &[&str]) -> String {
        let name = self.name(name);
        let mut words = vec!["network", "create"];
        words.extend(options);
        words.push(&name);
        docker(&words);
        self.will_remove(&["network", "rm", &name]);
        name
    }

    /// An image of busybox with changes as in a Dockerfile (`ENTRYPOINT ["/bin/x"]`, `EXPOSE 8000`). `name` may have a
    /// registry, a path and a tag; the prefix comes before them all.
    pub fn image(&self, name: &str, changes: &[&str]) -> String {
        self.image_with(name, changes, &[])
    }

    /// An image with files beside busybox: where they stand in it, and where they are here.
    pub fn image_with(&self, name: &str, changes: &[&str], files: &[(&str, &Path)]) -> String {
        let name = format!("{}/{name}", self.prefix);
        let root = tempfile::tempdir().expect("a folder");
        fill(root.path(), files);
        let mut tar = Command::new("tar")
            .args(["-C", &root.path().to_string_lossy(), "-c", "."])
            .stdout(Stdio::piped())
            .spawn()
            .expect("tar");
        let mut import = Command::new("docker");
        import.arg("import");
        for change in changes {
            import.args(["--change", change]);
        }
        import.args(["-", &name]);
        import.stdin(tar.stdout.take().expect("its output"));
        let id = said(import);
        assert!(tar.wait().expect("tar").success(), "tar failed");
        // By its id: it may lose its name.
        self.will_remove(&["image", "rm", "-f", &id]);
        name
    }

    /// Gives an image of this laboratory another name, or moves a name to it.
    pub fn tag(&self, image: &str, name: &str) -> String {
        let name = format!("{}/{name}", self.prefix);
        docker(&["tag", image, &name]);
        name
    }

    /// An image of busybox alone, without a command.
    pub fn busybox(&self) -> String {
        if self.base.borrow().is_none() {
            let name = self.image("busybox:1", &["CMD [\"sh\"]"]);
            *self.base.borrow_mut() = Some(name);
        }
        self.base.borrow().clone().expect("an image")
    }

    /// Makes a container, connects it to its networks, and starts it.
    pub fn run(&self, spec: Spec<'_>) -> Running {
        let created = self.create(spec);
        docker(&["start", &created.id]);
        created
    }

    /// Makes a container and connects it to its networks.
    pub fn create(&self, spec: Spec<'_>) -> Running {
        let name = self.name(spec.name);
        let base;
        let (image, command) = match spec.image {
            "" => {
                base = self.busybox();
                (base.as_str(), spec.command)
            }
            image => (image, spec.command),
        };
        let mut words = vec!["create", "--name", &name];
        for (flag, values) in [("-e", spec.env), ("-l", spec.labels), ("-p", spec.publish)] {
            words.extend(values.iter().flat_map(|value| [flag, value]));
        }
        let networks: Vec<String> = spec.networks.iter().map(|(at, _)| self.name(at)).collect();
        if let (Some(network), Some((_, aliases))) = (networks.first(), spec.networks.first()) {
            words.extend(["--network", network]);
            words.extend(aliases.iter().flat_map(|alias| ["--network-alias", alias]));
        }
        words.extend(spec.options);
        words.push(image);
        match (spec.image, command) {
            ("", []) => words.extend(["sleep", "100000"]),
            _ => words.extend(command),
        }
        let id = docker(&words);
        self.will_remove(&["rm", "-f", "-v", &id]);
        for (network, (_, aliases)) in networks.iter().zip(spec.networks).skip(1) {
            let mut words = vec!["network", "connect"];
            words.extend(aliases.iter().flat_map(|alias| ["--alias", alias]));
            words.extend([network.as_str(), &id]);
            docker(&words);
        }
        Running { id, name }
    }

    /// Removes everything now.
    pub fn remove(self) {
        drop(self);
    }

    fn will_remove(&self, words: &[&str]) {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        self.made.borrow_mut().push(words);
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        // Containers together: each takes its time.
        let (containers, others): (Vec<_>, Vec<_>) = self
            .made
            .take()
            .into_iter()
            .rev()
            .partition(|words| words[0] == "rm");
        let ids = containers.iter().filter_map(|words| words.last().cloned());
        let ids: Vec<String> = ids.collect();
        let mut commands = Vec::new();
        if !ids.is_empty() {
            let remove = ["rm", "-f", "-v"].map(str::to_owned);
            commands.push([remove.to_vec(), ids].concat());
        }
        commands.extend(others);
        for words in commands {
            // What a test has removed itself is gone already.
            let _ = Command::new("docker").args(&words).output();
        }
    }
}

/// Runs `docker` and returns what it says. Fails with what it complains about.
pub fn docker(words: &[&str]) -> String {
    let mut command = Command::new("docker");
    command.args(words);
    said(command)
}

/// Waits until the engine has brought something about.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "in vain waited until {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Waits until `docker inspect` answers a template with `wanted`.
pub fn until_inspected(container: &Running, template: &str, wanted: &str) {
    until(&format!("{} is {wanted}", container.name), || {
        docker(&["inspect", "--format", template, &container.id]) == wanted
    });
}

fn said(mut command: Command) -> String {
    let output = command.output().expect("the docker command");
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// A root with busybox, its applets, and more.
fn fill(root: &Path, files: &[(&str, &Path)]) {
    let bin = root.join("bin");
    fs::create_dir_all(&bin).expect("a folder");
    fs::create_dir_all(root.join("tmp")).expect("a folder");
    fs::copy("/bin/busybox", bin.join("busybox")).expect("/bin/busybox (busybox-static)");
    let mut list = Command::new("/bin/busybox");
    list.arg("--list");
    for applet in said(list).lines().filter(|applet| *applet != "busybox") {
        std::os::unix::fs::symlink("busybox", bin.join(applet)).expect("a link");
    }
    for (inside, here) in files {
        let place = root.join(inside.trim_start_matches('/'));
        fs::create_dir_all(place.parent().expect("a folder")).expect("a folder");
        fs::copy(here, place).expect("a file to copy");
    }
}
