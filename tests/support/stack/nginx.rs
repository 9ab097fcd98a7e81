//! nginx in front of the gateway.

use std::io::{BufRead as _, BufReader, Lines};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::parts::root;

/// One that runs until it is dropped.
pub struct Nginx {
    /// Where it has the gateway's `/mcp/`.
    pub url: String,
    lines: Lines<BufReader<ChildStdout>>,
    child: Child,
    /// It ends when this closes.
    stdin: Option<ChildStdin>,
}

impl Nginx {
    /// As a template of tests/servers/nginx says.
    pub fn of(template: &str) -> Nginx {
        let mut child = Command::new(root().join("tests/servers/nginx_front"))
            .args([template, "http://127.0.0.1:4000/mcp/"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("tests/servers/nginx_front");
        let stdin = child.stdin.take();
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let first = lines.next().expect("a line").expect("a line");
        let url = first.strip_prefix("listening on ").expect("a URL");
        Nginx {
            url: url.to_owned(),
            lines,
            child,
            stdin,
        }
    }

    /// The certificate of one that speaks https.
    pub fn certificate(&mut self) -> PathBuf {
        let line = self.lines.next().expect("a line").expect("a line");
        PathBuf::from(line.strip_prefix("certificate ").expect("a certificate"))
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ended = self.child.wait();
    }
}
