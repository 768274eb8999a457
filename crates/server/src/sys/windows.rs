//! Windows.
//!
//! What it lacks: segments cannot be held back, descriptors are not numbered, and files are sent through this process.
//! TransmitFile would do without, but those Windows versions that people have on their desks carry out two of its calls at
//! a time and keep all others waiting, whatever connection they are for.

use labserve_core::facts::FileId;
use socket2::Socket;
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::windows::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::os::windows::io::{AsRawHandle, AsRawSocket};
use std::path::Path;
use std::process::Child;
use windows_sys::Win32::Foundation::{ERROR_LOCK_VIOLATION, ERROR_SHARING_VIOLATION, ERROR_TOO_MANY_OPEN_FILES};
use windows_sys::Win32::Networking::WinSock::{SO_EXCLUSIVEADDRUSE, SOL_SOCKET, setsockopt};
use windows_sys::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, FILE_BASIC_INFO, FILE_FLAG_BACKUP_SEMANTICS, FILE_SHARE_DELETE, FILE_SHARE_READ,
    FILE_SHARE_WRITE, FileBasicInfo, GetFileInformationByHandle, GetFileInformationByHandleEx,
};
use windows_sys::Win32::System::Console::{
    CTRL_BREAK_EVENT, ENABLE_VIRTUAL_TERMINAL_PROCESSING, GenerateConsoleCtrlEvent, GetConsoleMode, SetConsoleMode,
};
use windows_sys::Win32::System::Threading::CREATE_NEW_PROCESS_GROUP;

/// Units of 100 ns between 1601, where Windows counts from, and 1970.
const EPOCH: i128 = 116_444_736_000_000_000;

/// Others may write, rename and delete a file while it is open here: editors that replace what is being served can.
const SHARE_ALL: u32 = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;

/// Nanoseconds since 1970.
fn since_1970(file_time: i128) -> i128 {
    (file_time - EPOCH) * 100
}

/// Which version of which file this is, open with this metadata. What only some file systems tell is made up from what all
/// do: the creation time stands in for a file number, the modification time for that of the last change.
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

/// Which version of which file lies at `path`.
pub(crate) fn file_id_at(path: &Path) -> io::Result<FileId> {
    // Neither read nor written: asked.
    let file = OpenOptions::new()
        .access_mode(0)
        .share_mode(SHARE_ALL)
        .custom_flags(FILE_FLAG_BACKUP_SEMANTICS)
        .open(path)?;
    Ok(file_id(&file, &file.metadata()?))
}

/// The numbers of the volume and of the file on it.
#[allow(unsafe_code)]
fn numbers(file: &File) -> Option<(u64, u64)> {
    let mut told = BY_HANDLE_FILE_INFORMATION::default();
    // SAFETY: the handle is open while `file` is borrowed, and the call writes one such structure.
    let done = unsafe { GetFileInformationByHandle(file.as_raw_handle(), &raw mut told) };
    let file = u64::from(told.nFileIndexHigh) << 32 | u64::from(told.nFileIndexLow);
    (done != 0).then_some((told.dwVolumeSerialNumber.into(), file))
}

/// When anything about the file changed last, in nanoseconds since 1970.
#[allow(unsafe_code)]
fn changed(file: &File) -> Option<i128> {
    let mut told = FILE_BASIC_INFO::default();
    let size = size_of::<FILE_BASIC_INFO>() as u32;
    // SAFETY: the handle is open while `file` is borrowed, and the call writes no more than `size` bytes.
    let done =
        unsafe { GetFileInformationByHandleEx(file.as_raw_handle(), FileBasicInfo, (&raw mut told).cast(), size) };
    (done != 0 && told.ChangeTime != 0).then(|| since_1970(told.ChangeTime.into()))
}

/// Opens a file for reading, and lets others write, rename and delete it meanwhile.
pub(crate) fn open_for_reading(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).share_mode(SHARE_ALL).open(path)
}

/// How many files a worker keeps open between requests. None: however a file is shared, Windows lets nobody rename another one
/// over it while it is open, and most programs that save at one blow do.
pub(crate) const KEPT_OPEN: usize = 0;

/// Reads at an offset.
pub(crate) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    file.seek_read(buffer, offset)
}

/// There is no such limit on Windows.
pub(crate) fn raise_file_limit() {}

/// There is none.
pub(crate) fn file_limit() -> Option<u64> {
    None
}

/// Something that has a handle.
pub(crate) trait Descriptor {}
impl<T> Descriptor for T {}

/// Handles are not numbered so that their numbers would tell anything.
pub(crate) fn number(_: &impl Descriptor) -> u64 {
    0
}

/// As if there were always room.
pub(crate) fn lowest_free(_: &impl Descriptor) -> Option<u64> {
    Some(0)
}

/// Whether this process has no handle left.
pub(crate) fn is_out_of_descriptors(error: &io::Error) -> bool {
    is(error, &[ERROR_TOO_MANY_OPEN_FILES])
}

/// Whether a file could not be opened because another program keeps it for itself.
pub(crate) fn is_taken(error: &io::Error) -> bool {
    is(error, &[ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION])
}

fn is(error: &io::Error, codes: &[u32]) -> bool {
    let code = error.raw_os_error().and_then(|code| u32::try_from(code).ok());
    code.is_some_and(|code| codes.contains(&code))
}

/// Makes sure that an address that this socket is bound to is its own. Unless told, Windows gives it to every other server
/// that asks with SO_REUSEADDR, and which of them is sent a connection is anybody's guess.
#[allow(unsafe_code)]
pub(crate) fn claim_address(socket: &Socket) -> io::Result<()> {
    let value: i32 = 1;
    let handle = usize::try_from(socket.as_raw_socket()).map_err(io::Error::other)?;
    // SAFETY: the option's value is one int that lives on this stack; the socket is open while it is borrowed.
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

/// Whether what a person reads here shows ANSI colours. A console of Windows does if it is told to, since Windows 10; what
/// is no console, and yet a terminal, is one of Unix's kind.
#[allow(unsafe_code)]
pub fn shows_colour(console: &impl AsRawHandle) -> bool {
    let (console, mut mode) = (console.as_raw_handle(), 0);
    // SAFETY: the handle is the process's own, and the call writes one number.
    if unsafe { GetConsoleMode(console, &raw mut mode) } == 0 {
        return true;
    }
    // SAFETY: the handle is the process's own.
    unsafe { SetConsoleMode(console, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING) != 0 }
}

/// Lets a process that is started lead a group of its own, which the console's Ctrl-C does not reach.
pub const NEW_PROCESS_GROUP: u32 = CREATE_NEW_PROCESS_GROUP;

/// Presses Ctrl-Break for a process that leads a group of its own. Whether the console could be told to.
#[allow(unsafe_code)]
pub fn press_break(leader: &Child) -> bool {
    // SAFETY: the call takes two numbers.
    unsafe { GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, leader.id()) != 0 }
}

/// Windows cannot hold back segments on demand.
pub(crate) fn cork<S>(_: &S, _: bool) {}

/// Nothing is held back until a segment is full.
pub(crate) fn segment<S>(_: &S) -> u32 {
    u32::MAX
}
