//! Turns the catalog's YAML into JSON, which is read several times faster at run time, and writes the index of the
//! servers: the names of each entry and the languages of a bridge beside its text, so that finding an entry parses nothing.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde::Deserialize;

const SERVERS: &str = "checks/catalog/servers";
/// Files that are compiled in whole, and the names under which code includes them.
const WHOLE: [(&str, &str); 5] = [
    ("checks/catalog/gateways/litellm.yaml", "litellm.json"),
    (
        "checks/catalog/clients/claude-code.yaml",
        "claude-code.json",
    ),
    (
        "checks/catalog/clients/claude-desktop.yaml",
        "claude-desktop.json",
    ),
    ("checks/catalog/clients/cursor.yaml", "cursor.json"),
    ("checks/catalog/clients/vscode.yaml", "vscode.json"),
];

/// What the index needs of an entry; the whole type is `catalog::server::Server`.
#[derive(Deserialize)]
struct Entry {
    id: String,
    #[serde(default)]
    names: Names,
    front: Option<Front>,
}

#[derive(Deserialize)]
struct Front {
    into: BTreeMap<String, serde_json::Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Names {
    image: Vec<String>,
    npm: Vec<String>,
    pypi: Vec<String>,
    command: Vec<String>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={SERVERS}");
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    for (file, name) in WHOLE {
        println!("cargo:rerun-if-changed={file}");
        let text = fs::read_to_string(root.join(file))?;
        fs::write(
            out.join(name),
            json(&text).map_err(|error| format!("{file}: {error}"))?,
        )?;
    }
    let mut index = String::from("static SERVERS: &[Entry] = &[\n");
    for file in yaml_files(&root.join(SERVERS))? {
        let name = file
            .file_name()
            .and_then(|name| name.to_str())
            .ok_or("a file name that is not UTF-8")?;
        println!("cargo:rerun-if-changed={SERVERS}/{name}");
        let text = fs::read_to_string(&file)?;
        let entry: Entry =
            serde_yaml::from_str(&text).map_err(|error| format!("{SERVERS}/{name}: {error}"))?;
        if format!("{}.yaml", entry.id) != name {
            return Err(format!("{SERVERS}/{name}: its id is {}", entry.id).into());
        }
        let Names {
            image,
            npm,
            pypi,
            command,
        } = entry.names;
        let front: Vec<String> = entry
            .front
            .into_iter()
            .flat_map(|front| front.into.into_keys())
            .collect();
        writeln!(
            index,
            "    Entry {{ id: {:?}, image: &{image:?}, npm: &{npm:?}, pypi: &{pypi:?}, command: &{command:?}, \
             front: &{front:?}, text: {:?} }},",
            entry.id,
            json(&text)?
        )?;
    }
    index.push_str("];\n");
    fs::write(out.join("servers.rs"), index)?;
    Ok(())
}

/// A YAML text as JSON, its order kept.
fn json(yaml: &str) -> Result<String, Box<dyn std::error::Error>> {
    let value: serde_json::Value = serde_yaml::from_str(yaml)?;
    Ok(serde_json::to_string(&value)?)
}

/// The YAML files of a folder, in order of their ids.
fn yaml_files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            files.push(path);
        }
    }
    files.sort_by(|a, b| a.file_stem().cmp(&b.file_stem()));
    Ok(files)
}
