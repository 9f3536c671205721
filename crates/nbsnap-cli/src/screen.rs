//! The output for people: standard output and standard error.
//!
//! A [`Screen`] removes everything that would control a terminal or a workflow on GitHub, wherever a text
//! comes from.

use std::io::{self, StderrLock, StdoutLock, Write};

use nbsnap::report::{Style, printable};

/// Writes text for people, line by line.
pub(crate) struct Screen<W: Write> {
    out: W,
    style: Style,
    /// The current line, which has not ended.
    line: Vec<u8>,
}

/// Standard output, without colours.
pub(crate) fn stdout() -> Screen<StdoutLock<'static>> {
    styled(Style { is_github_log: on_github(), ..Style::plain() })
}

/// Standard output, with the colours of a style.
pub(crate) fn styled(style: Style) -> Screen<StdoutLock<'static>> {
    Screen { out: io::stdout().lock(), style, line: Vec::new() }
}

/// Standard error, without colours.
pub(crate) fn stderr() -> Screen<StderrLock<'static>> {
    let style = Style { is_github_log: on_github(), ..Style::plain() };
    Screen { out: io::stderr().lock(), style, line: Vec::new() }
}

/// Whether GitHub reads what is printed, and executes commands in it.
pub(crate) fn on_github() -> bool {
    std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true")
}

impl<W: Write> Screen<W> {
    fn pass_on(&mut self, end: usize) -> io::Result<()> {
        let text: Vec<u8> = self.line.drain(..end).collect();
        self.out.write_all(printable(&String::from_utf8_lossy(&text), self.style).as_bytes())
    }
}

impl<W: Write> Write for Screen<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line.extend_from_slice(bytes);
        if let Some(end) = self.line.iter().rposition(|byte| *byte == b'\n') {
            self.pass_on(end + 1)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.pass_on(self.line.len())?;
        self.out.flush()
    }
}

impl<W: Write> Drop for Screen<W> {
    fn drop(&mut self) {
        // Complete lines have been passed on before, and their errors reported.
        let _ = self.flush();
    }
}
