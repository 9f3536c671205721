//! What is shown while something goes on: a bar on a terminal, now and then a line elsewhere.
//!
//! The main type is [`Output`]. A reporter's lasting lines go through it as well, so that they and the bar do
//! not mix. It writes to what it was given and looks at no terminal itself.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

use super::printable::printable;
use super::style::Style;

/// How long a log stays silent at most while something goes on.
const SILENCE: Duration = Duration::from_secs(10);
const TICK: Duration = Duration::from_millis(120);
const COUNTING: &str = "{prefix:>10} {spinner} [{bar:25}] {pos}/{len} {wide_msg}";

/// How to show that something is going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// A line at the bottom that changes: for terminals.
    Bar,
    /// A line now and then, at most every ten seconds: for logs.
    Lines,
    /// Not at all.
    Hidden,
}

/// Where a reporter writes.
pub(super) struct Output<W> {
    out: Arc<Mutex<W>>,
    progress: Progress,
    style: Style,
    bar: Option<ProgressBar>,
    last: Instant,
    silence: Duration,
}

impl<W: Write + Send + 'static> Output<W> {
    pub(super) fn new(out: W, style: Style, progress: Progress) -> Output<W> {
        Output { out: Arc::new(Mutex::new(out)), progress, style, bar: None, last: Instant::now(), silence: SILENCE }
    }

    /// Writes lines that stay.
    pub(super) fn print(&mut self, text: &str) -> io::Result<()> {
        self.last = Instant::now();
        let text = printable(text, self.style);
        let write = || {
            let mut out = lock(&self.out);
            out.write_all(text.as_bytes())?;
            out.flush()
        };
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Shows how much of something is done.
    pub(super) fn counting(&mut self, label: &'static str, done: usize, of: usize, what: &str) -> io::Result<()> {
        let line = || format!("{label:>10} {done} of {of} ({what})\n");
        self.show(label, (done as u64, of as u64), what, line)
    }

    /// Shows what is going on, and on a terminal how much of it is done.
    pub(super) fn running(&mut self, label: &'static str, done: usize, of: usize, what: &str) -> io::Result<()> {
        self.show(label, (done as u64, of as u64), what, || format!("{label:>10} {what}\n"))
    }

    /// Removes what is shown, until the next thing begins.
    pub(super) fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn show(&mut self, label: &'static str, (done, of): (u64, u64), what: &str, line: impl Fn() -> String) -> io::Result<()> {
        match self.progress {
            Progress::Hidden => Ok(()),
            Progress::Lines if self.last.elapsed() < self.silence => Ok(()),
            Progress::Lines => self.print(&line()),
            Progress::Bar => {
                let what = printable(what, Style { colour: false, ..self.style }).replace('\n', " ");
                // The templates are constants: one that does not parse shows in the tests.
                let style = ProgressStyle::with_template(COUNTING).unwrap_or_else(|_| ProgressStyle::default_spinner());
                let style = style.progress_chars("=> ");
                let bar = match &self.bar {
                    Some(bar) => {
                        bar.set_style(style);
                        bar
                    }
                    None => {
                        let width = u16::try_from(self.style.width).unwrap_or(u16::MAX);
                        let terminal = Box::new(Terminal { out: Arc::clone(&self.out), width });
                        let bar = ProgressBar::with_draw_target(Some(of), ProgressDrawTarget::term_like(terminal));
                        let bar = bar.with_style(style).with_prefix(label).with_message(what.clone());
                        bar.enable_steady_tick(TICK);
                        self.bar.insert(bar)
                    }
                };
                bar.set_prefix(label);
                bar.set_length(of);
                bar.set_position(done);
                bar.set_message(what);
                Ok(())
            }
        }
    }

    #[cfg(test)]
    pub(super) fn never_silent(&mut self) {
        self.silence = Duration::ZERO;
    }
}

impl<W> Drop for Output<W> {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

/// The little of a terminal that a progress bar needs, on top of any writer.
struct Terminal<W> {
    out: Arc<Mutex<W>>,
    width: u16,
}

impl<W> fmt::Debug for Terminal<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Terminal").field("width", &self.width).finish_non_exhaustive()
    }
}

impl<W: Write + Send> Terminal<W> {
    /// Moves the cursor. No control sequence can move it by nothing.
    fn move_cursor(&self, by: usize, direction: char) -> io::Result<()> {
        if by == 0 { Ok(()) } else { self.write_str(&format!("\x1b[{by}{direction}")) }
    }
}

impl<W: Write + Send> TermLike for Terminal<W> {
    fn width(&self) -> u16 {
        self.width
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'A')
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'B')
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'C')
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'D')
    }

    fn write_line(&self, s: &str) -> io::Result<()> {
        self.write_str(&format!("{s}\n"))
    }

    fn write_str(&self, s: &str) -> io::Result<()> {
        lock(&self.out).write_all(s.as_bytes())
    }

    fn clear_line(&self) -> io::Result<()> {
        self.write_str("\r\x1b[2K")
    }

    fn flush(&self) -> io::Result<()> {
        lock(&self.out).flush()
    }
}

/// A panic while writing does not make the writer unusable.
fn lock<W>(out: &Mutex<W>) -> MutexGuard<'_, W> {
    out.lock().unwrap_or_else(PoisonError::into_inner)
}
