//! The archive of a bundle: a tar, compressed, the same bytes for the same parts. What is read may be a stranger's:
//! nothing of it reaches a disk, and there is a bound to all of it.

use std::io::{self, BufReader, Read, Write};

use flate2::bufread::GzDecoder;
use flate2::{Compression, GzBuilder};
use tar::{Archive, Builder, EntryType, Header};

use super::NoBundle;

/// The most bytes of all parts together, with what is between them.
pub(super) const MOST_BYTES: u64 = 128 * 1024 * 1024;
/// The most parts.
pub(super) const MOST_PARTS: usize = 50_000;

/// One part: its name, and its text.
pub(super) type Part = (String, String);

/// Writes an archive.
pub(super) fn write<'p>(
    parts: impl Iterator<Item = (&'p str, &'p str)>,
    out: impl Write,
) -> io::Result<()> {
    // Whoever wrote it, and on what, is in no byte of it.
    const UNKNOWN_SYSTEM: u8 = 255;
    let head = GzBuilder::new().mtime(0).operating_system(UNKNOWN_SYSTEM);
    let mut archive = Builder::new(head.write(out, Compression::best()));
    for (name, text) in parts {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        archive.append_data(&mut header, name, text.as_bytes())?;
    }
    archive.into_inner()?.finish()?.flush()
}

/// Reads the parts of an archive in their order, each given to `take`.
pub(super) fn read(
    from: impl Read,
    mut take: impl FnMut(Part) -> Result<(), NoBundle>,
) -> Result<(), NoBundle> {
    let mut last = String::new();
    let broken = |last: &str, error: &io::Error| match (error.kind(), last) {
        (io::ErrorKind::FileTooLarge, _) => NoBundle::TooLarge,
        (io::ErrorKind::UnexpectedEof, "") => NoBundle::Foreign("it is cut off".to_owned()),
        (_, "") => NoBundle::Foreign(error.to_string()),
        (io::ErrorKind::UnexpectedEof, last) => {
            NoBundle::Damaged(format!("it ends within {last} or behind it"))
        }
        (_, last) => NoBundle::Damaged(format!("within {last} or behind it: {error}")),
    };
    let bytes = Bounded {
        from: GzDecoder::new(BufReader::new(from)),
        left: MOST_BYTES,
    };
    let mut archive = Archive::new(bytes);
    let entries = archive.entries().map_err(|error| broken("", &error))?;
    for (number, entry) in entries.enumerate() {
        let mut entry = entry.map_err(|error| broken(&last, &error))?;
        if number == MOST_PARTS {
            return Err(NoBundle::TooLarge);
        }
        let path = entry.path_bytes().into_owned();
        let name = String::from_utf8(path).map_err(|error| {
            let name = error.into_bytes();
            NoBundle::entry(&String::from_utf8_lossy(&name), "its name is no text")
        })?;
        let kind = entry.header().entry_type();
        if kind != EntryType::Regular {
            return Err(NoBundle::entry(&name, odd(kind)));
        }
        if name.starts_with('/') {
            return Err(NoBundle::entry(&name, "its path is absolute"));
        }
        if name.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return Err(NoBundle::entry(&name, "its path leads elsewhere"));
        }
        last.clone_from(&name);
        let mut text = Vec::new();
        let read = entry.read_to_end(&mut text);
        read.map_err(|error| broken(&last, &error))?;
        let text = String::from_utf8(text);
        let text = text.map_err(|_| NoBundle::entry(&name, "it is no UTF-8 text"))?;
        take((name, text))?;
    }
    // The sum at its end says whether all of it is as it was written.
    let mut rest = archive.into_inner();
    io::copy(&mut rest, &mut io::sink()).map_err(|error| broken(&last, &error))?;
    let mut behind = rest.from.into_inner();
    match behind.read(&mut [0]) {
        Ok(0) => Ok(()),
        _ => Err(NoBundle::Damaged("there is more behind its end".to_owned())),
    }
}

/// What an entry is that no bundle has.
fn odd(kind: EntryType) -> &'static str {
    match kind {
        EntryType::Link | EntryType::Symlink => "it is a link",
        EntryType::Char | EntryType::Block => "it is a device",
        EntryType::Fifo => "it is a pipe",
        EntryType::Directory => "it is a directory",
        _ => "it is no regular file",
    }
}

/// Bytes up to a bound.
struct Bounded<R> {
    from: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buffer)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => self.left = left,
            None => return Err(io::ErrorKind::FileTooLarge.into()),
        }
        Ok(read)
    }
}
