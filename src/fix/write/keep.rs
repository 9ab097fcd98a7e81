//! What a file keeps when another one takes its place.

use std::fs::File;
use std::io;
use std::path::Path;

use super::error::Refusal;

/// What was lost: as in "cannot keep its owner".
fn lost(what: &'static str) -> impl Fn(io::Error) -> Refusal {
    move |error| Refusal::Lost {
        what,
        error: error.to_string(),
    }
}

/// Gives `file` what it has to have of `like`.
pub(super) fn keep(file: &File, like: &Path) -> Result<(), Refusal> {
    let like = File::open(like).map_err(lost("mode"))?;
    let wanted = like.metadata().map_err(lost("mode"))?;
    #[cfg(unix)]
    owner(file, &wanted).map_err(lost("owner"))?;
    file.set_permissions(wanted.permissions())
        .map_err(lost("mode"))?;
    #[cfg(target_os = "linux")]
    attributes::keep(file, &like)?;
    Ok(())
}

#[cfg(unix)]
fn owner(file: &File, wanted: &std::fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    let has = file.metadata()?;
    if (has.uid(), has.gid()) == (wanted.uid(), wanted.gid()) {
        return Ok(());
    }
    fchown(file, Some(wanted.uid()), Some(wanted.gid()))
}

#[cfg(target_os = "linux")]
mod attributes {
    use std::ffi::{CStr, CString};
    use std::fs::File;

    use rustix::fs::{XattrFlags, fgetxattr, flistxattr, fremovexattr, fsetxattr};
    use rustix::io::Errno;

    use super::Refusal;

    const ACCESS: &CStr = c"system.posix_acl_access";
    const LABEL: &CStr = c"security.selinux";

    /// The most that Linux allows for a list of names, and for a value.
    const LIMIT: usize = 64 * 1024;

    /// After the mode: an access control list brings its own, and a directory may have given `file` one that `like` has
    /// not.
    pub(super) fn keep(file: &File, like: &File) -> Result<(), Refusal> {
        let lost = |error: Errno| super::lost("access control list or attributes")(error.into());
        let wanted = names(like).map_err(lost)?;
        for name in names(file).map_err(lost)? {
            if !wanted.contains(&name) {
                fremovexattr(file, name.as_c_str()).map_err(lost)?;
            }
        }
        for name in wanted {
            let value = value(like, &name).map_err(lost)?;
            if self::value(file, &name) != Ok(value.clone()) {
                fsetxattr(file, name.as_c_str(), &value, XattrFlags::empty()).map_err(lost)?;
            }
        }
        Ok(())
    }

    /// The names of those that are kept.
    fn names(file: &File) -> Result<Vec<CString>, Errno> {
        let mut list = vec![0; LIMIT];
        let length = match flistxattr(file, &mut list[..]) {
            Err(Errno::OPNOTSUPP) => 0,
            read => read?,
        };
        let names = list[..length].split_inclusive(|byte| *byte == 0);
        let names = names.filter_map(|name| CStr::from_bytes_with_nul(name).ok());
        let kept = names
            .filter(|name| [ACCESS, LABEL].contains(name) || name.to_bytes().starts_with(b"user."));
        Ok(kept.map(CStr::to_owned).collect())
    }

    fn value(file: &File, name: &CStr) -> Result<Vec<u8>, Errno> {
        let mut value = vec![0; LIMIT];
        let length = fgetxattr(file, name, &mut value[..])?;
        value.truncate(length);
        Ok(value)
    }
}
