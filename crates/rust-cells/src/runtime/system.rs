//! The few calls of the C library that the standard library has no function for.

use std::ffi::{CStr, CString, c_char, c_int, c_long, c_ulong, c_void};
use std::os::fd::RawFd;

#[repr(C)]
struct SymbolInfo {
    file: *const c_char,
    base: *mut c_void,
    symbol: *const c_char,
    address: *mut c_void,
}

#[repr(C)]
struct Limit {
    current: c_ulong,
    maximum: c_ulong,
}

#[repr(C)]
struct Buffer {
    start: *mut u8,
    length: usize,
}

unsafe extern "C" {
    fn dlopen(file: *const c_char, flags: c_int) -> *mut c_void;
    fn dlsym(library: *mut c_void, symbol: *const c_char) -> *mut c_void;
    fn dlerror() -> *const c_char;
    fn dladdr(address: *const c_void, info: *mut SymbolInfo) -> c_int;
    fn fflush(stream: *mut c_void) -> c_int;
    fn gettid() -> c_int;
    fn prctl(option: c_int, ...) -> c_int;
    fn setrlimit(resource: c_int, limit: *const Limit) -> c_int;
    fn kill(process: c_int, signal: c_int) -> c_int;
    fn waitpid(process: c_int, status: *mut c_int, options: c_int) -> c_int;
    fn fcntl(file: c_int, command: c_int, ...) -> c_int;
    fn dup2(from: c_int, to: c_int) -> c_int;
    fn readv(file: c_int, buffers: *const Buffer, count: c_int) -> isize;
    fn mmap(at: *mut c_void, length: usize, protection: c_int, flags: c_int, file: c_int, offset: i64) -> *mut c_void;
    fn getsockname(socket: c_int, address: *mut u8, length: *mut u32) -> c_int;
    fn getcwd(buffer: *mut c_char, size: usize) -> *mut c_char;
    fn syscall(number: c_long, ...) -> c_long;
    fn __errno_location() -> *mut c_int;
    #[cfg(target_env = "gnu")]
    fn malloc_trim(kept: usize) -> c_int;
}

const NOW: c_int = 2;
const GLOBAL: c_int = 0x100;

/// Loads a library for good: variables, threads and destructors point into it.
pub(super) fn load(file: &str) -> Result<*mut c_void, String> {
    let name = CString::new(file).map_err(|error| error.to_string())?;
    // SAFETY: the name is a C string. The cell is responsible for what its library does when it is loaded.
    let library = unsafe { dlopen(name.as_ptr(), NOW | GLOBAL) };
    if library.is_null() { Err(last_error()) } else { Ok(library) }
}

/// A function of a library.
pub(super) fn function(library: *mut c_void, name: &CStr) -> Result<extern "C" fn(), String> {
    // SAFETY: the library was loaded and is never closed.
    let address = unsafe { dlsym(library, name.as_ptr()) };
    if address.is_null() {
        return Err(last_error());
    }
    // SAFETY: generated code defines the function with this very signature.
    Ok(unsafe { std::mem::transmute::<*mut c_void, extern "C" fn()>(address) })
}

fn last_error() -> String {
    // SAFETY: the answer is a C string or null, and is copied before the next call.
    unsafe {
        let text = dlerror();
        if text.is_null() { "the library cannot be loaded".into() } else { CStr::from_ptr(text).to_string_lossy().into_owned() }
    }
}

/// The file of the library that an address is in.
pub(super) fn library_of(address: *const c_void) -> Option<String> {
    let mut info = SymbolInfo {
        file: std::ptr::null(),
        base: std::ptr::null_mut(),
        symbol: std::ptr::null(),
        address: std::ptr::null_mut(),
    };
    // SAFETY: `info` is writable, and its pointers stay valid, since the library is never closed.
    unsafe {
        if dladdr(address, &raw mut info) == 0 || info.file.is_null() {
            return None;
        }
        Some(CStr::from_ptr(info.file).to_string_lossy().into_owned())
    }
}

/// Flushes the C library's streams.
pub(super) fn flush_c_streams() {
    // SAFETY: null means all streams.
    unsafe { fflush(std::ptr::null_mut()) };
}

/// Gives memory back that is free: what a cell needed for a moment is not held until the next one.
pub(super) fn trim_memory() {
    // SAFETY: it touches only memory that nothing uses.
    #[cfg(target_env = "gnu")]
    unsafe {
        malloc_trim(0)
    };
}

/// This thread's number, as panics print it.
pub(super) fn thread_id() -> i64 {
    // SAFETY: it takes nothing and cannot fail.
    i64::from(unsafe { gettid() })
}

/// Ends this process when its parent ends.
pub(super) fn end_with_parent() {
    // SAFETY: PR_SET_PDEATHSIG with SIGKILL.
    unsafe { prctl(1, 9 as c_long) };
}

/// Makes this process the parent of all orphans among what it starts.
pub(super) fn adopt_orphans() {
    // SAFETY: PR_SET_CHILD_SUBREAPER.
    unsafe { prctl(36, 1 as c_long) };
}

/// Writes no core file.
pub(super) fn no_core_file() {
    // SAFETY: RLIMIT_CORE.
    unsafe { setrlimit(4, &Limit { current: 0, maximum: 0 }) };
}

/// Limits this process' address space to this many bytes.
pub(super) fn limit_memory(bytes: u64) {
    // SAFETY: RLIMIT_AS.
    unsafe { setrlimit(9, &Limit { current: bytes, maximum: bytes }) };
}

/// Kills a process.
pub(super) fn kill_process(process: i32) {
    // SAFETY: SIGKILL to a process that this one is the parent of.
    unsafe { kill(process, 9) };
}

/// Buries a child that has ended, any if `process` is -1. Returns whether there was one.
pub(super) fn bury(process: i32) -> bool {
    let mut status = 0;
    // SAFETY: `status` is writable; WNOHANG.
    unsafe { waitpid(process, &raw mut status, 1) > 0 }
}

/// A copy of a descriptor, with a high number, that programs started later do not get.
pub(super) fn move_up(file: RawFd) -> Option<RawFd> {
    // SAFETY: F_DUPFD_CLOEXEC with the smallest number that is wanted.
    let copy = unsafe { fcntl(file, 1030, 700 as c_int) };
    (copy >= 0).then_some(copy)
}

/// Makes one descriptor mean what another means.
pub(super) fn replace(file: RawFd, by: RawFd) {
    // SAFETY: both are open.
    unsafe { dup2(by, file) };
}

/// Reads as `read` does.
///
/// # Safety
/// `start` must be the beginning of `length` bytes that may be written.
pub(super) unsafe fn read_into(file: RawFd, start: *mut u8, length: usize) -> isize {
    // SAFETY: the caller guarantees what this function demands.
    unsafe { readv(file, &Buffer { start, length }, 1) }
}

/// Sets this thread's last error.
pub(super) fn set_error(number: c_int) {
    // SAFETY: the address is that of this thread's own variable.
    unsafe { *__errno_location() = number };
}

/// The identity of a file, independent of its name.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    /// As bytes: device, inode. Zeros if it is unknown.
    pub(super) fn bytes(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.device.to_le_bytes());
        bytes[8..].copy_from_slice(&self.inode.to_le_bytes());
        bytes
    }
}

/// What `statx` fills in. Only fields that are read have a name.
#[repr(C)]
struct Status {
    before: [u8; 32],
    inode: u64,
    between: [u8; 96],
    device: [u32; 2],
    after: [u8; 112],
}

#[cfg(target_arch = "x86_64")]
const STATX: c_long = 332;
#[cfg(not(target_arch = "x86_64"))]
const STATX: c_long = 291;
#[cfg(target_arch = "x86_64")]
const READLINKAT: c_long = 267;
#[cfg(not(target_arch = "x86_64"))]
const READLINKAT: c_long = 78;

/// Which file a descriptor is of.
pub(super) fn identity_of(file: RawFd) -> Identity {
    // AT_EMPTY_PATH. SAFETY: the name is a C string.
    unsafe { identity(file, c"".as_ptr(), 0x1000) }
}

/// The identity of the file with this name. Zeros if there is no such file.
///
/// # Safety
/// `path` must be a C string or null.
pub(super) unsafe fn identity_at(folder: RawFd, path: *const c_char) -> Identity {
    // SAFETY: the caller guarantees what this function demands.
    unsafe { identity(folder, path, 0) }
}

/// # Safety
/// `path` is a C string or null.
unsafe fn identity(folder: RawFd, path: *const c_char, flags: c_int) -> Identity {
    let mut status = Status { before: [0; 32], inode: 0, between: [0; 96], device: [0; 2], after: [0; 112] };
    // STATX_INO. SAFETY: the caller guarantees what this function demands. `status` is as large as the
    // system's own.
    let result = unsafe { syscall(STATX, c_long::from(folder), path, c_long::from(flags), 0x100 as c_long, &raw mut status) };
    if result != 0 {
        return Identity::default();
    }
    Identity { device: u64::from(status.device[0]) << 32 | u64::from(status.device[1]), inode: status.inode }
}

/// The path of a folder that is open as a descriptor, or of the working directory.
pub(super) fn folder_of(folder: RawFd, buffer: &mut [u8; 4096]) -> Option<&[u8]> {
    if folder < 0 {
        // SAFETY: the buffer is as long as stated, and receives a C string.
        return unsafe {
            let path = getcwd(buffer.as_mut_ptr().cast(), buffer.len());
            if path.is_null() { None } else { Some(CStr::from_ptr(path).to_bytes()) }
        };
    }
    // Written without allocating.
    let mut name = *b"/proc/self/fd/\0\0\0\0\0\0\0\0\0\0\0";
    let digits = folder.checked_ilog10().unwrap_or(0) as usize + 1;
    let mut rest = folder.unsigned_abs();
    for place in (0..digits).rev() {
        name[14 + place] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    // SAFETY: the name is a C string, and the buffer is as long as stated.
    let length = unsafe { syscall(READLINKAT, -100 as c_long, name.as_ptr(), buffer.as_mut_ptr(), buffer.len()) };
    buffer.get(..usize::try_from(length).ok()?)
}

/// The address that a socket is bound to, as the system writes it.
pub(super) fn address_of(socket: RawFd, buffer: &mut [u8; 128]) -> Option<&[u8]> {
    let mut length = buffer.len() as u32;
    // SAFETY: the buffer is as long as stated.
    let result = unsafe { getsockname(socket, buffer.as_mut_ptr(), &raw mut length) };
    if result == 0 { buffer.get(..length as usize) } else { None }
}

/// Memory that is shared with every process that maps the file.
pub(super) fn map_shared(file: RawFd, length: usize) -> Option<*mut u8> {
    // SAFETY: read and write, shared, at a place that the system chooses.
    let memory = unsafe { mmap(std::ptr::null_mut(), length, 3, 1, file, 0) };
    (memory.addr() != usize::MAX).then_some(memory.cast())
}

/// The C library's own function of a name, of which this process has another.
pub(super) fn function_behind(name: &CStr) -> *mut c_void {
    // RTLD_NEXT. SAFETY: the name is a C string.
    unsafe { dlsym(std::ptr::without_provenance_mut(usize::MAX), name.as_ptr()) }
}

/// This thread's last error.
pub(super) fn error() -> c_int {
    // SAFETY: the address is that of this thread's own variable.
    unsafe { *__errno_location() }
}
