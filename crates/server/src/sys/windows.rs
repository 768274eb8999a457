//! Windows.
//!
//! Segments cannot be held back, handles are not numbered from the lowest, and file content is copied through this
//! process. TransmitFile would avoid the copy, but client versions of Windows process only two of its
//! calls at a time and delay all others, on all connections.

use labserve_core::facts::FileId;
use socket2::Socket;
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::windows::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::os::windows::io::{AsRawHandle, AsRawSocket};
use std::path::Path;
use std::process::Child;
use windows_sys::Win32::Foundation::{
    ERROR_CANT_RESOLVE_FILENAME, ERROR_LOCK_VIOLATION, ERROR_SHARING_VIOLATION, ERROR_TOO_MANY_OPEN_FILES,
};
use windows_sys::Win32::Globalization::GetUserDefaultUILanguage;
use windows_sys::Win32::Networking::WinSock::{SO_EXCLUSIVEADDRUSE, SOL_SOCKET, setsockopt};
use windows_sys::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, FILE_BASIC_INFO, FILE_FLAG_BACKUP_SEMANTICS, FILE_SHARE_DELETE, FILE_SHARE_READ,
    FILE_SHARE_WRITE, FileBasicInfo, GetFileInformationByHandle, GetFileInformationByHandleEx,
};
use windows_sys::Win32::System::Console::{
    CTRL_BREAK_EVENT, ENABLE_VIRTUAL_TERMINAL_PROCESSING, GenerateConsoleCtrlEvent, GetConsoleMode, SetConsoleMode,
};
use windows_sys::Win32::System::Threading::CREATE_NEW_PROCESS_GROUP;

/// The Unix epoch in the units of Windows file times: 100 ns since 1601.
const EPOCH: i128 = 116_444_736_000_000_000;

/// Other programs may write, rename and delete a file while it is open here, so that editors can replace a served
/// file.
const SHARE_ALL: u32 = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;

/// A Windows file time in nanoseconds since 1970.
fn since_1970(file_time: i128) -> i128 {
    (file_time - EPOCH) * 100
}

/// The identity and version of an open file with this metadata. On file systems without file numbers or change times,
/// the creation time replaces the former and the modification time the latter.
pub(crate) fn file_id(file: &File, metadata: &Metadata) -> FileId {
    let written = since_1970(metadata.last_write_time().into());
    let (device, inode) = numbers(file).unwrap_or((0, metadata.creation_time()));
    FileId {
        device,
        inode,
        size: metadata.file_size(),
        mtime_secs: i64::try_from(written.div_euclid(1_000_000_000)).unwrap_or(0),
        mtime_nanos: u32::try_from(written.rem_euclid(1_000_000_000)).unwrap_or(0),
        ctime_nanos: changed(file).unwrap_or(written),
    }
}

/// The identity and version of the file at `path`.
pub(crate) fn file_id_at(path: &Path) -> io::Result<FileId> {
    // Opened for its metadata only.
    let file = OpenOptions::new()
        .access_mode(0)
        .share_mode(SHARE_ALL)
        .custom_flags(FILE_FLAG_BACKUP_SEMANTICS)
        .open(path)?;
    Ok(file_id(&file, &file.metadata()?))
}

/// The number of the volume, and of the file on it.
#[allow(unsafe_code, reason = "a call of the operating system")]
fn numbers(file: &File) -> Option<(u64, u64)> {
    let mut info = BY_HANDLE_FILE_INFORMATION::default();
    // SAFETY: the handle is open while `file` is borrowed, and the call writes one such structure.
    let done = unsafe { GetFileInformationByHandle(file.as_raw_handle(), &raw mut info) };
    let file = u64::from(info.nFileIndexHigh) << 32 | u64::from(info.nFileIndexLow);
    (done != 0).then_some((info.dwVolumeSerialNumber.into(), file))
}

/// When anything about the file last changed, in nanoseconds since 1970.
#[allow(unsafe_code, reason = "a call of the operating system")]
fn changed(file: &File) -> Option<i128> {
    let mut info = FILE_BASIC_INFO::default();
    let size = size_of::<FILE_BASIC_INFO>() as u32;
    // SAFETY: the handle is open while `file` is borrowed, and the call writes no more than `size` bytes.
    let done =
        unsafe { GetFileInformationByHandleEx(file.as_raw_handle(), FileBasicInfo, (&raw mut info).cast(), size) };
    (done != 0 && info.ChangeTime != 0).then(|| since_1970(info.ChangeTime.into()))
}

/// Opens a file for reading. Other programs may write, rename and delete it meanwhile.
pub(crate) fn open_for_reading(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).share_mode(SHARE_ALL).open(path)
}

/// Opens a file for reading.
pub(crate) fn open_without_waiting(path: &Path) -> io::Result<File> {
    open_for_reading(path)
}

/// Number of files that a worker thread keeps open between requests. It is zero, because Windows does not allow
/// another file to be renamed over an open one, whatever its sharing mode. Most programs that save atomically do that.
pub(crate) const KEPT_OPEN: usize = 0;

/// Reads at an offset.
pub(crate) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    file.seek_read(buffer, offset)
}

/// Windows has no such limit.
pub(crate) fn raise_file_limit() {}

/// Windows has no such limit.
pub(crate) fn file_limit() -> Option<u64> {
    None
}

/// An object with a handle.
pub trait Descriptor {}
impl<T> Descriptor for T {}

/// Handles are not numbered in order.
pub(crate) fn number(_: &impl Descriptor) -> u64 {
    0
}

/// There is always a free handle.
pub(crate) fn lowest_free(_: &impl Descriptor) -> Option<u64> {
    Some(0)
}

/// A file name, or several joined by `/`; `None` for bytes that are not valid as a name.
pub(crate) fn file_name(bytes: &[u8]) -> Option<&Path> {
    std::str::from_utf8(bytes).ok().map(Path::new)
}

/// Whether a path could not be followed because symbolic links lead to each other.
pub(crate) fn is_link_loop(error: &io::Error) -> bool {
    is(error, &[ERROR_CANT_RESOLVE_FILENAME])
}

/// Whether an open failed because this process has no handle left.
pub(crate) fn is_out_of_descriptors(error: &io::Error) -> bool {
    is(error, &[ERROR_TOO_MANY_OPEN_FILES])
}

/// Whether an open failed because another program has exclusive access to the file.
pub(crate) fn is_locked(error: &io::Error) -> bool {
    is(error, &[ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION])
}

fn is(error: &io::Error, codes: &[u32]) -> bool {
    let code = error.raw_os_error().and_then(|code| u32::try_from(code).ok());
    code.is_some_and(|code| codes.contains(&code))
}

/// Makes sure that the address that this socket is bound to is exclusive. By default, Windows lets any other server
/// bind it with SO_REUSEADDR, and which server gets a connection is then undefined.
#[allow(unsafe_code, reason = "a call of the operating system")]
pub(crate) fn claim_address(socket: &Socket) -> io::Result<()> {
    let value: i32 = 1;
    let handle = usize::try_from(socket.as_raw_socket()).map_err(io::Error::other)?;
    // SAFETY: the value of the option is one int on this stack, and the socket is open while it is borrowed.
    let failed = unsafe {
        setsockopt(
            handle,
            SOL_SOCKET,
            SO_EXCLUSIVEADDRUSE,
            (&raw const value).cast(),
            size_of::<i32>() as i32,
        )
    };
    if failed == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Whether this output shows ANSI colours. A Windows console does, since Windows 10, once the mode for it is set. A
/// terminal that is not a Windows console is like one on Unix.
#[allow(unsafe_code, reason = "a call of the operating system")]
pub fn shows_colour(console: &impl AsRawHandle) -> bool {
    let (console, mut mode) = (console.as_raw_handle(), 0);
    // SAFETY: the handle is the process's own, and the call writes one number.
    if unsafe { GetConsoleMode(console, &raw mut mode) } == 0 {
        return true;
    }
    // SAFETY: the handle is the process's own.
    unsafe { SetConsoleMode(console, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING) != 0 }
}

/// Creation flag that makes a process the leader of its own group, which Ctrl-C in the console does not reach.
pub const NEW_PROCESS_GROUP: u32 = CREATE_NEW_PROCESS_GROUP;

/// The primary language of a language identifier is in its lower ten bits; this is LANG_CHINESE.
const CHINESE: u16 = 0x04;

/// Whether the system shows its menus in Chinese.
#[allow(unsafe_code, reason = "a call of the operating system")]
pub fn shows_chinese() -> bool {
    // SAFETY: the call takes nothing.
    let language = unsafe { GetUserDefaultUILanguage() };
    language & 0x3ff == CHINESE
}

/// Sends Ctrl-Break to a process that leads its own group. Returns whether the console accepted it.
#[allow(unsafe_code, reason = "a call of the operating system")]
pub fn press_break(leader: &Child) -> bool {
    // SAFETY: the call takes two numbers.
    unsafe { GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, leader.id()) != 0 }
}

/// Windows cannot hold back segments on demand.
pub(crate) fn cork<S>(_: &S, _: bool) {}

/// The maximum number, because segments cannot be held back here.
pub(crate) fn segment<S>(_: &S) -> u32 {
    u32::MAX
}
