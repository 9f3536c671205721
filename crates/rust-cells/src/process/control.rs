//! The channel that controls the process of cells: each line is an order or an answer, with fields between
//! tabs.

use std::io::{Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use crate::Error;
use crate::runtime::fields::{escaped, unescaped};

/// Our end of the channel. It does not block.
pub(crate) struct Control {
    stream: UnixStream,
    received: Vec<u8>,
}

/// Steers the cell that a process runs, from another thread.
#[derive(Debug)]
pub struct CellHandle(UnixStream);

impl CellHandle {
    /// Gives a line to a cell that reads standard input. `None` means that nobody can be asked for one.
    pub fn give(&self, line: Option<&str>) {
        let order = match line {
            Some(line) => format!("given\t{}\n", escaped(line)),
            None => "refused\n".to_owned(),
        };
        let _ = (&self.0).write_all(order.as_bytes());
    }

    /// Ends a cell that awaits at its await point. A cell that computes goes on.
    pub fn cancel(&self) {
        let _ = (&self.0).write_all(b"cancel\n");
    }
}

impl Control {
    /// A channel over this stream, which is set not to block.
    pub(crate) fn new(stream: UnixStream) -> std::io::Result<Control> {
        stream.set_nonblocking(true)?;
        Ok(Control { stream, received: Vec::new() })
    }

    /// For steering a cell from another thread.
    pub(crate) fn handle(&self) -> Result<CellHandle, Error> {
        let clone = self.stream.try_clone();
        clone.map(CellHandle).map_err(|error| Error::Process { message: error.to_string() })
    }

    /// Sends an order.
    pub(crate) fn order(&mut self, fields: &[&str]) -> Result<(), Error> {
        let line: Vec<String> = fields.iter().map(|field| escaped(field)).collect();
        let bytes = (line.join("\t") + "\n").into_bytes();
        let mut sent = 0;
        while sent < bytes.len() {
            match self.stream.write(&bytes[sent..]) {
                Ok(count) => sent += count,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => std::thread::sleep(Duration::from_millis(1)),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::Process { message: format!("it takes no order: {error}") }),
            }
        }
        Ok(())
    }

    /// Reads what has arrived. Returns whether more may come.
    pub(crate) fn receive(&mut self) -> bool {
        let mut buffer = [0; 8192];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return false,
                Ok(count) => self.received.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return true,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => return false,
            }
        }
    }

    /// Takes the next complete answer.
    pub(crate) fn next_answer(&mut self) -> Option<Vec<String>> {
        let end = self.received.iter().position(|byte| *byte == b'\n')?;
        let line: Vec<u8> = self.received.drain(..=end).collect();
        let line = String::from_utf8_lossy(&line[..end]).into_owned();
        Some(line.split('\t').map(unescaped).collect())
    }
}

impl AsFd for Control {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::{escaped, unescaped};

    #[test]
    fn a_field_comes_through_whatever_it_holds() {
        for field in ["", "plain", "a\tb\nc", "\\", "\\t", "\\\n", "ä\t\\n"] {
            let line = escaped(field);
            assert!(!line.contains(['\t', '\n']), "{line:?}");
            assert_eq!(unescaped(&line), field);
        }
    }
}
