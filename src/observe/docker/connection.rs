//! Opens a connection to an address. Nothing is sent yet, but for `ssh`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use bollard::{API_DEFAULT_VERSION, Docker};

use super::endpoint::{Address, Tls};
use super::ssh;
use super::trouble::Trouble;

/// Longer than any deadline of ours, in seconds: those count.
const TIMEOUT: u64 = 120;

/// A client for the engine at an address. `shell` is what `ssh` is found and started with.
pub(super) fn open(address: &Address, shell: &BTreeMap<String, String>) -> Result<Docker, Trouble> {
    match address {
        Address::Socket(path) => socket(path),
        Address::Pipe(name) => pipe(name),
        Address::Tcp(authority, None) => {
            let url = format!("http://{authority}");
            Ok(Docker::connect_with_http(
                &url,
                TIMEOUT,
                API_DEFAULT_VERSION,
            )?)
        }
        Address::Tcp(authority, Some(tls)) => encrypted(authority, tls),
        Address::Ssh(remote) => Ok(Docker::connect_with_custom_transport(
            ssh::transport(remote, shell),
            Some("http://docker"),
            TIMEOUT,
            API_DEFAULT_VERSION,
        )?),
    }
}

#[cfg(unix)]
fn socket(path: &Path) -> Result<Docker, Trouble> {
    // bollard does not tell a socket that is not there from one in a directory that we may not enter.
    fs::metadata(path).map_err(|error| Trouble::from(error.kind()))?;
    let path = path.to_string_lossy();
    Ok(Docker::connect_with_unix(
        &path,
        TIMEOUT,
        API_DEFAULT_VERSION,
    )?)
}

#[cfg(not(unix))]
fn socket(_: &Path) -> Result<Docker, Trouble> {
    Err(Trouble::Failed(
        "there are no unix sockets on this system".to_owned(),
    ))
}

#[cfg(windows)]
fn pipe(name: &str) -> Result<Docker, Trouble> {
    Ok(Docker::connect_with_named_pipe(
        name,
        TIMEOUT,
        API_DEFAULT_VERSION,
    )?)
}

#[cfg(not(windows))]
fn pipe(_: &str) -> Result<Docker, Trouble> {
    Err(Trouble::Failed(
        "there are no named pipes on this system".to_owned(),
    ))
}

fn encrypted(authority: &str, tls: &Tls) -> Result<Docker, Trouble> {
    for file in [&tls.ca, &tls.cert, &tls.key] {
        if let Err(error) = fs::metadata(file) {
            let (file, kind) = (file.display(), error.kind());
            return Err(Trouble::Failed(format!(
                "TLS is asked for, and {file} cannot be read: {kind}"
            )));
        }
    }
    // bollard takes the process's own provider and cannot do without. Another one, installed before, serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let url = format!("https://{authority}");
    Ok(Docker::connect_with_ssl(
        &url,
        &tls.key,
        &tls.cert,
        &tls.ca,
        TIMEOUT,
        API_DEFAULT_VERSION,
    )?)
}
