//! A terminal for the binary to run on, and a person who reads it and presses keys.

use std::ffi::CStr;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, FromRawFd};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::world::World;

/// How long to wait for output.
const PATIENCE: Duration = Duration::from_secs(60);

/// A command that runs on its own terminal.
pub(crate) struct Terminal {
    keyboard: File,
    screen: Receiver<Vec<u8>>,
    /// Output that no test has waited for yet.
    said: String,
    command: Child,
}

impl Terminal {
    /// Runs the binary in a world, without colours.
    pub(crate) fn run(world: &World, arguments: &[&str]) -> Terminal {
        let (master, slave) = open();
        let mut command = world.command(arguments);
        let (input, output) = (slave.try_clone().unwrap(), slave.try_clone().unwrap());
        command.env("TERM", "xterm").env("NO_COLOR", "1");
        command.stdin(Stdio::from(input)).stdout(Stdio::from(output)).stderr(Stdio::from(slave));
        let child = command.spawn().unwrap();
        // While the command holds the other end, reading goes on; what the builder holds must not keep it
        // open.
        drop(command);
        let (sender, screen) = channel();
        let mut reader = master.try_clone().unwrap();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..length].to_vec()).is_err() {
                    return;
                }
            }
        });
        Terminal { keyboard: master, screen, said: String::new(), command: child }
    }

    /// Waits until `text` is on the screen, below what was waited for before.
    pub(crate) fn shows(&mut self, text: &str) -> &mut Terminal {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.said.find(text) {
                self.said.drain(..at + text.len());
                return self;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.screen.recv_timeout(left) {
                Ok(bytes) => self.said.push_str(&String::from_utf8_lossy(&bytes).replace('\r', "")),
                Err(error) => panic!("`{text}` is not on the screen ({error}), but:\n{}", self.said),
            }
        }
    }

    /// Presses keys.
    pub(crate) fn press(&mut self, keys: &str) -> &mut Terminal {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self
    }

    /// Sends the command a signal, as a terminal does at Ctrl-C.
    pub(crate) fn signal(&mut self, signal: Signal) -> &mut Terminal {
        kill_process(Pid::from_raw(i32::try_from(self.command.id()).unwrap()).unwrap(), signal).unwrap();
        self
    }

    /// Waits for the end. Returns the last output and the exit code.
    pub(crate) fn end(mut self) -> (String, i32) {
        loop {
            match self.screen.recv_timeout(PATIENCE) {
                Ok(bytes) => self.said.push_str(&String::from_utf8_lossy(&bytes).replace('\r', "")),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end; it said:\n{}", self.said),
            }
        }
        let code = self.command.wait().unwrap().code().unwrap_or(-1);
        (self.said, code)
    }
}

/// The two ends of a new terminal.
fn open() -> (File, File) {
    // SAFETY: plain calls of the C library on a descriptor that is open; the name is copied out of its buffer
    // at once.
    let (master, path) = unsafe {
        let descriptor = libc::posix_openpt(libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC);
        assert!(descriptor >= 0, "no terminal can be opened");
        let master = File::from_raw_fd(descriptor);
        assert!(libc::grantpt(master.as_raw_fd()) == 0 && libc::unlockpt(master.as_raw_fd()) == 0);
        let mut name = [0; 128];
        assert!(libc::ptsname_r(master.as_raw_fd(), name.as_mut_ptr(), name.len()) == 0);
        (master, CStr::from_ptr(name.as_ptr()).to_str().unwrap().to_owned())
    };
    let slave = File::options().read(true).write(true).open(path).unwrap();
    (master, slave)
}
