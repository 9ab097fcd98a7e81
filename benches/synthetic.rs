//! Writes synthetic stacks into a folder: `cargo bench --bench synthetic -- DIR`.

use std::path::PathBuf;

#[path = "stack.rs"]
mod stack;

fn main() -> std::io::Result<()> {
    // `cargo bench` adds `--bench`.
    let Some(dir) = std::env::args()
        .skip(1)
        .find(|word| !word.starts_with("--"))
    else {
        return Ok(());
    };
    for (word, health) in [
        ("right", stack::Health::Right),
        ("wrong", stack::Health::Wrong),
    ] {
        for servers in [10, 100, 1_000, 10_000] {
            for (name, text) in stack::synthetic(servers, health) {
                let path = PathBuf::from(&dir)
                    .join(format!("{word}-{servers}"))
                    .join(name);
                std::fs::create_dir_all(path.parent().unwrap_or(&path))?;
                std::fs::write(path, text)?;
            }
        }
    }
    Ok(())
}
