//! The standard library's source: from the component `rust-src`, or else from the pages of `rust-docs`. Only
//! crates that code names are taken.
//!
//! rustup installs `rust-docs` by default, and `rust-src` only on request. The pages contain the exact text
//! of each file, and its path.

use std::path::{Component, Path, PathBuf};
use std::process::Command;

use memchr::memmem;

/// The toolchain's folder.
pub(super) fn sysroot() -> Option<PathBuf> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).args(["--print", "sysroot"]).output().ok()?;
    let path = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
    path.is_dir().then_some(path)
}

/// The crates that code names. The others, such as the intrinsics of every processor, would cost
/// rust-analyzer half of its time.
const CRATES: &[&str] = &["core", "alloc", "std", "proc_macro", "test"];

/// The folder of the standard library's crates, kept below `folder`.
pub(super) fn source(sysroot: &Path, folder: &Path) -> Option<PathBuf> {
    let installed = sysroot.join("lib/rustlib/src/rust/library");
    let pages = sysroot.join("share/doc/rust/html/src");
    let is_installed = installed.join("std/src/lib.rs").is_file();
    // Either names the version that it is of.
    let version =
        if is_installed { sysroot.join("lib/rustlib/multirust-channel-manifest.toml") } else { pages.join("core/lib.rs.html") };
    let version = std::fs::read(&version).unwrap_or_default();
    let key = [sysroot.as_os_str().as_encoded_bytes(), &[u8::from(is_installed)], &version].concat();
    let kept = folder.join(format!("std-{}", &nbsnap::files::digest::digest(&key)[..16]));
    if kept.is_dir() {
        return Some(kept.join("library"));
    }
    std::fs::create_dir_all(folder).ok()?;
    let half_done = tempfile::tempdir_in(folder).ok()?;
    if is_installed {
        for name in CRATES {
            let of_crate = Path::new(name).join("src");
            copy_sources(&installed.join(&of_crate), &half_done.path().join("library").join(of_crate));
        }
    } else {
        CRATES.iter().for_each(|name| take_pages(&pages.join(name), half_done.path()));
    }
    let is_there = half_done.path().join("library/core/src/lib.rs").is_file();
    // Another kernel may have been faster.
    let _ = is_there.then(|| std::fs::rename(half_done.path(), &kept));
    kept.is_dir().then(|| kept.join("library"))
}

/// Copies the Rust files below a folder.
fn copy_sources(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() {
            copy_sources(&path, &to.join(name));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            // A file that cannot be copied is only missing from the help.
            let _ = std::fs::create_dir_all(to).and_then(|()| std::fs::copy(&path, to.join(name)));
        }
    }
}

/// Writes what the pages below a folder show.
fn take_pages(pages: &Path, to: &Path) {
    for entry in std::fs::read_dir(pages).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            take_pages(&path, to);
        } else if let Some((name, text)) = std::fs::read(&path).ok().as_deref().and_then(file_of) {
            let file = to.join(name);
            // A file that cannot be written is only missing from the help.
            let _ = file.parent().map(std::fs::create_dir_all);
            let _ = std::fs::write(file, text);
        }
    }
}

/// The file that a page shows: its path and its text.
fn file_of(page: &[u8]) -> Option<(PathBuf, Vec<u8>)> {
    let between = |from: &str, to: &str| {
        let start = memmem::find(page, from.as_bytes())? + from.len();
        Some(&page[start..start + memmem::find(&page[start..], to.as_bytes())?])
    };
    let name = PathBuf::from(std::str::from_utf8(between("Source of the Rust file `", "`")?).ok()?);
    let is_plain = name.components().all(|part| matches!(part, Component::Normal(_))) && name.starts_with("library");
    let shown = between("<pre class=\"rust\"><code>", "</code></pre>")?;
    is_plain.then(|| (name, text_of(shown)))
}

/// HTML without its elements, and without the numbers of lines.
fn text_of(html: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(html.len() / 2);
    let mut rest = html;
    while let Some(at) = memchr::memchr2(b'<', b'&', rest) {
        text.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        let skipped = if rest.starts_with(b"<a href=#") {
            memmem::find(rest, b"</a>").map(|end| end + 4)
        } else if rest[0] == b'<' {
            memchr::memchr(b'>', rest).map(|end| end + 1)
        } else {
            let entities: [(&[u8], u8); 5] =
                [(b"&lt;", b'<'), (b"&gt;", b'>'), (b"&amp;", b'&'), (b"&quot;", b'"'), (b"&#39;", b'\'')];
            match entities.iter().find(|(name, _)| rest.starts_with(name)) {
                Some((name, character)) => {
                    text.push(*character);
                    Some(name.len())
                }
                None => {
                    text.push(b'&');
                    Some(1)
                }
            }
        };
        rest = &rest[skipped.unwrap_or(rest.len())..];
    }
    text.extend_from_slice(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_shows_a_file() {
        let page = b"<meta content=\"Source of the Rust file `library/core/src/a.rs`.\"><pre class=\"rust\"><code><a href=#1 id=1 data-nosnippet>1</a><span class=\"kw\">fn </span>f() -&gt; &amp;<span>'static</span> str {\n<a href=#2 id=2 data-nosnippet>2</a>    <span class=\"string\">\"&lt;a&gt;\"</span>\n}\n</code></pre>";
        let (name, text) = file_of(page).unwrap();
        assert_eq!(name, Path::new("library/core/src/a.rs"));
        assert_eq!(String::from_utf8(text).unwrap(), "fn f() -> &'static str {\n    \"<a>\"\n}\n");
    }

    #[test]
    fn the_source_is_the_installed_one_or_that_of_the_pages() {
        let folder = tempfile::tempdir().unwrap();
        let (sysroot, kept) = (folder.path().join("sysroot"), folder.path().join("kept"));
        let write = |path: &str, text: &str| {
            let path = sysroot.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        assert_eq!(source(&sysroot, &kept), None);
        let page = "Source of the Rust file `library/core/src/lib.rs`<pre class=\"rust\"><code>// of a page</code></pre>";
        write("share/doc/rust/html/src/core/lib.rs.html", page);
        let of_pages = source(&sysroot, &kept).unwrap();
        assert_eq!(std::fs::read_to_string(of_pages.join("core/src/lib.rs")).unwrap(), "// of a page");
        write("lib/rustlib/src/rust/library/std/src/lib.rs", "// std");
        write("lib/rustlib/src/rust/library/core/src/lib.rs", "// core");
        write("lib/rustlib/src/rust/library/stdarch/src/lib.rs", "// never asked for");
        let installed = source(&sysroot, &kept).unwrap();
        assert_eq!(std::fs::read_to_string(installed.join("core/src/lib.rs")).unwrap(), "// core");
        assert!(!installed.join("stdarch").exists());
        assert_eq!(source(&sysroot, &kept), Some(installed), "it is kept");
    }

    #[test]
    fn a_page_that_names_a_place_elsewhere_is_left_out() {
        let page = |name: &str| format!("Source of the Rust file `{name}`<pre class=\"rust\"><code>x</code></pre>");
        assert!(file_of(page("library/../../x").as_bytes()).is_none());
        assert!(file_of(page("/x").as_bytes()).is_none());
        assert!(file_of(page("library/x").as_bytes()).is_some());
    }
}
