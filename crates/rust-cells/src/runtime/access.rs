//! What cells ask the system for: files, folders, programs and hosts, in the order in which they do.
//!
//! The front provides shared memory, in which every access is recorded once. The memory survives whatever a
//! cell does to its descriptors, and the end of the process. Processes that a cell forks use it, too. Code
//! here must not allocate, lock or fail: the caller may be a signal handler, or a process between `fork` and
//! `exec`.

use std::ffi::{CStr, c_char};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use super::system::{self, Identity};

/// How many different accesses can be recorded. A power of two.
const SLOTS: usize = 1 << 16;
/// How many bytes the words take: how far the text has come, and whether it is complete.
const HEADER: usize = 64;
/// How many bytes of shared memory the front provides.
pub(crate) const SIZE: usize = TEXT + (8 << 20);
/// Where the front finds the text.
pub(crate) const TEXT: usize = HEADER + SLOTS * 8;
/// Where it finds the text's length, and whether something is missing from it, as words of 8 bytes.
pub(crate) const LENGTH: usize = 0;
/// See [`LENGTH`].
pub(crate) const IS_INCOMPLETE: usize = 8;
/// How many bytes identify a file.
pub(crate) const IDENTITY: usize = 16;

static MEMORY: AtomicPtr<u8> = AtomicPtr::new(std::ptr::null_mut());

/// `AT_FDCWD`: relative to the working directory.
pub(crate) const HERE: i32 = -100;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// A file's content was read, or may have been.
    Read,
    /// A file or folder was made, or a file emptied.
    Made,
    /// There is nothing by this name.
    Missing,
    /// Whether something is there, and what it is.
    Looked,
    /// The names in a folder.
    Listed,
    /// A program was started.
    Program,
    /// A host that is not this one was connected to.
    Host,
    /// A service on this machine was connected to, at this address.
    Service,
    /// An address on this machine is served.
    Served,
    /// The time of day was asked for, and so the date.
    Date,
}

impl Access {
    /// All of them.
    pub(crate) const ALL: [Access; 10] = [
        Access::Read,
        Access::Made,
        Access::Missing,
        Access::Looked,
        Access::Listed,
        Access::Program,
        Access::Host,
        Access::Service,
        Access::Served,
        Access::Date,
    ];

    /// The letter that it is written down by.
    pub(crate) const fn letter(self) -> u8 {
        match self {
            Access::Read => b'r',
            Access::Made => b'w',
            Access::Missing => b'm',
            Access::Looked => b's',
            Access::Listed => b'l',
            Access::Program => b'x',
            Access::Host => b'n',
            Access::Service => b'u',
            Access::Served => b'v',
            Access::Date => b'd',
        }
    }
}

/// Whether accesses are recorded.
pub(super) fn is_recorded() -> bool {
    !MEMORY.load(Ordering::Acquire).is_null()
}

/// From now on records accesses in this file, which is [`SIZE`] bytes of memory.
pub(super) fn record_in(path: &str) -> std::io::Result<()> {
    let file = std::fs::File::options().read(true).write(true).open(path)?;
    let memory = system::map_shared(file.as_raw_fd(), SIZE).ok_or_else(std::io::Error::last_os_error)?;
    MEMORY.store(memory, Ordering::Release);
    Ok(())
}

/// A file was opened, or could not be.
///
/// # Safety
/// `path` is a C string or null.
pub(super) unsafe fn opened(directory: i32, path: *const c_char, flags: i32, result: i32) {
    const WRITES: i32 = 3;
    const WRITE_ONLY: i32 = 1;
    const EXCLUSIVE: i32 = 0o200;
    const TRUNCATES: i32 = 0o1000;
    const FOLDER: i32 = 0o200_000;
    // SAFETY: the caller guarantees what this function demands.
    unsafe {
        if result < 0 {
            missed(directory, path);
        } else if flags & WRITES != 0 && (flags & (EXCLUSIVE | TRUNCATES) != 0 || flags & WRITES == WRITE_ONLY) {
            note(Access::Made, directory, path, system::identity_of(result));
        } else {
            let access = if flags & FOLDER == FOLDER { Access::Listed } else { Access::Read };
            note(access, directory, path, system::identity_of(result));
        }
    }
}

/// A stream was opened, or could not be.
///
/// # Safety
/// `path` and `mode` are C strings or null.
pub(super) unsafe fn opened_stream(path: *const c_char, mode: *const c_char, is_open: bool) {
    // SAFETY: the caller guarantees what this function demands.
    unsafe {
        let makes = !mode.is_null() && matches!(CStr::from_ptr(mode).to_bytes().first(), Some(b'w' | b'a'));
        match (is_open, makes) {
            (false, _) => missed(HERE, path),
            (true, true) => made(HERE, path, true),
            (true, false) => note(Access::Read, HERE, path, system::identity_at(HERE, path)),
        }
    }
}

/// Something was looked for. Links are followed or not.
///
/// # Safety
/// `path` is a C string or null.
pub(super) unsafe fn looked(directory: i32, path: *const c_char, is_there: bool) {
    // SAFETY: the caller guarantees what this function demands.
    unsafe {
        if is_there {
            note(Access::Looked, directory, path, system::identity_at(directory, path));
        } else {
            missed(directory, path);
        }
    }
}

/// A folder's names were asked for.
///
/// # Safety
/// `path` is a C string or null.
pub(super) unsafe fn listed(path: *const c_char, is_there: bool) {
    // SAFETY: the caller guarantees what this function demands.
    unsafe {
        if is_there {
            note(Access::Listed, HERE, path, system::identity_at(HERE, path));
        } else {
            missed(HERE, path);
        }
    }
}

/// A file or folder was made, or is there already.
///
/// # Safety
/// `path` is a C string or null.
pub(super) unsafe fn made(directory: i32, path: *const c_char, is_made: bool) {
    // SAFETY: the caller guarantees what this function demands.
    unsafe {
        let access = if is_made { Access::Made } else { Access::Looked };
        note(access, directory, path, system::identity_at(directory, path));
    }
}

/// A program is started.
///
/// # Safety
/// `program` is a C string or null.
pub(super) unsafe fn started(program: *const c_char) {
    if !program.is_null() {
        // SAFETY: the caller guarantees what this function demands.
        write(Access::Program, Identity::default(), &[unsafe { CStr::from_ptr(program) }.to_bytes()]);
    }
}

/// `CLOCK_REALTIME`: the clock that knows the date.
pub(super) const TIME_OF_DAY: i32 = 0;

/// A clock was asked. Most only measure how long something takes.
pub(super) fn asked_time(clock: i32) {
    const COARSE: i32 = 5;
    const ATOMIC: i32 = 11;
    if [TIME_OF_DAY, COARSE, ATOMIC].contains(&clock) {
        write(Access::Date, Identity::default(), &[]);
    }
}

/// A socket is connected to an address of the Internet, or to one of this machine.
///
/// # Safety
/// `address` is null or the beginning of `length` bytes.
pub(super) unsafe fn connected(address: *const u8, length: u32) {
    if address.is_null() {
        return;
    }
    // SAFETY: the caller guarantees what this function demands.
    let bytes = unsafe { std::slice::from_raw_parts(address, length as usize) };
    match Address::of(bytes) {
        Some(Address::Far(address)) => {
            let mut digits = [0; 32];
            for (at, digit) in address.iter().take(16).flat_map(|byte| [byte >> 4, byte & 15]).enumerate() {
                digits[at] = b"0123456789abcdef"[usize::from(digit)];
            }
            write(Access::Host, Identity::default(), &[&digits[..address.len().min(16) * 2]]);
        }
        Some(near) => near.write(Access::Service),
        None => {}
    }
}

/// A socket is served from now on.
pub(super) fn served(socket: i32) {
    let mut buffer = [0; 128];
    if let Some(near @ (Address::Port(_) | Address::Path(_))) = system::address_of(socket, &mut buffer).and_then(Address::of) {
        near.write(Access::Served);
    }
}

/// Where a socket leads to.
enum Address<'a> {
    /// Another host.
    Far(&'a [u8]),
    /// This machine, or all that it is known as.
    Port(u16),
    /// This machine, by a file's path or by a name.
    Path(&'a [u8]),
}

impl<'a> Address<'a> {
    /// Reads what the system calls an address. None for those of other families, which lead to nobody, such
    /// as those of the system itself.
    fn of(bytes: &'a [u8]) -> Option<Address<'a>> {
        const PATH: u16 = 1;
        const V4: u16 = 2;
        const V6: u16 = 10;
        let family = u16::from_ne_bytes(*bytes.first_chunk()?);
        let port = || Some(u16::from_be_bytes(*bytes.get(2..4)?.first_chunk()?));
        let (address, is_near) = match family {
            PATH => {
                let path = bytes.get(2..)?;
                let end = path.iter().skip(1).position(|byte| *byte == 0).map_or(path.len(), |at| at + 1);
                return Some(Address::Path(&path[..end]));
            }
            V4 => {
                let address = bytes.get(4..8)?;
                (address, address[0] == 127 || address == [0; 4])
            }
            V6 => {
                let address = bytes.get(8..24)?;
                let is_mapped = address[..12] == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
                (address, address[..15] == [0; 15] && address[15] <= 1 || is_mapped && address[12] == 127)
            }
            _ => return None,
        };
        if is_near { Some(Address::Port(port()?)) } else { Some(Address::Far(address)) }
    }

    fn write(&self, access: Access) {
        match self {
            Address::Far(_) => {}
            Address::Port(port) => {
                let mut digits = *b"00000";
                let mut rest = *port;
                for digit in digits.iter_mut().rev() {
                    *digit = b'0' + (rest % 10) as u8;
                    rest /= 10;
                }
                write(access, Identity::default(), &[b"port ", &digits]);
            }
            // A name begins with a zero.
            Address::Path(name) => write(access, Identity::default(), &[b"path ", name.strip_prefix(&[0]).unwrap_or(name)]),
        }
    }
}

/// # Safety
/// `path` is a C string or null.
unsafe fn missed(directory: i32, path: *const c_char) {
    const NO_ENTRY: i32 = 2;
    const NO_FOLDER: i32 = 20;
    // The path exists, and may be readable another time.
    let access = if matches!(system::error(), NO_ENTRY | NO_FOLDER) { Access::Missing } else { Access::Read };
    // SAFETY: the caller guarantees what this function demands.
    unsafe { note(access, directory, path, Identity::default()) };
}

/// # Safety
/// `path` is a C string or null.
unsafe fn note(access: Access, directory: i32, path: *const c_char, identity: Identity) {
    if path.is_null() {
        return;
    }
    // SAFETY: the caller guarantees what this function demands.
    let path = unsafe { CStr::from_ptr(path) }.to_bytes();
    if path.is_empty() {
        return;
    }
    if path[0] == b'/' {
        return write(access, identity, &[path]);
    }
    let mut base = [0; 4096];
    match system::folder_of(directory, &mut base) {
        Some(base) => write(access, identity, &[base, b"/", path]),
        None => incomplete(),
    }
}

/// Something is not written down.
pub(super) fn incomplete() {
    if let Some((_, missing, _)) = words() {
        missing.store(1, Ordering::Relaxed);
    }
}

/// The words: the text's length, whether something is missing, and the table of recorded accesses.
fn words() -> Option<(&'static AtomicU64, &'static AtomicU64, &'static [AtomicU64])> {
    let memory = MEMORY.load(Ordering::Acquire);
    if memory.is_null() {
        return None;
    }
    // SAFETY: the memory is mapped for good, was zeroed in the beginning, and begins at a page. All
    // processes that share it use it as atomic words.
    unsafe {
        let words = memory.cast::<AtomicU64>();
        Some((&*words, &*words.add(1), std::slice::from_raw_parts(words.add(HEADER / 8), SLOTS)))
    }
}

fn write(access: Access, identity: Identity, parts: &[&[u8]]) {
    // These are about the system itself, and so are not inputs.
    let of_system = [b"/proc".as_slice(), b"/dev", b"/sys"];
    let is_below =
        |path: &[u8], folder: &[u8]| path.strip_prefix(folder).is_some_and(|rest| matches!(rest.first(), None | Some(b'/')));
    if parts.first().is_some_and(|first| of_system.iter().any(|folder| is_below(first, folder))) {
        return;
    }
    let Some((length, _, table)) = words() else { return };
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut mix = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    mix(access.letter());
    identity.bytes().into_iter().for_each(&mut mix);
    parts.iter().flat_map(|part| part.iter()).copied().for_each(&mut mix);
    if !insert(table, hash.max(1)) {
        return;
    }
    let size: usize = 1 + IDENTITY + parts.iter().map(|part| part.len()).sum::<usize>() + 1;
    let at = length.fetch_add(size as u64, Ordering::Relaxed) as usize;
    if at.saturating_add(size) > SIZE - TEXT {
        return incomplete();
    }
    // SAFETY: these bytes of the mapped memory are this record's alone.
    unsafe {
        let mut to = MEMORY.load(Ordering::Acquire).add(TEXT + at);
        for part in [&[access.letter()], identity.bytes().as_slice()].into_iter().chain(parts.iter().copied()) {
            std::ptr::copy_nonoverlapping(part.as_ptr(), to, part.len());
            to = to.add(part.len());
        }
        // An unfinished record leaves zeros where the next record's letter would be.
        to.write_volatile(0);
    }
}

/// Whether the hash is new.
fn insert(table: &[AtomicU64], hash: u64) -> bool {
    for step in 0..64 {
        let slot = &table[(hash as usize).wrapping_add(step) & (SLOTS - 1)];
        match slot.compare_exchange(0, hash, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => return true,
            Err(known) if known == hash => return false,
            Err(_) => {}
        }
    }
    incomplete();
    false
}
