//! The output of the event log: writes until every byte is accepted, and opens the output again on request.
//!
//! This module deals with bytes, lines and retries. It does not know what a line means.

use std::io::{self, ErrorKind, Write};
use std::time::Duration;

/// How long to wait before a write is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// An output, as it was opened.
pub(super) struct Opened {
    pub(super) output: Box<dyn Write + Send>,
    /// Whether nothing has been written to it yet: a new file, for example.
    pub(super) is_empty: bool,
    /// The device and the number of the file; `None` if it is not a file.
    pub(super) file: Option<(u64, u64)>,
}

/// Opens the output, or opens it again.
pub(super) type Open = Box<dyn FnMut() -> io::Result<Opened> + Send>;

/// An open output.
pub(super) struct EventFile {
    open: Open,
    output: Box<dyn Write + Send>,
    /// See [`Opened::file`].
    file: Option<(u64, u64)>,
    /// The first line of an output that was opened again.
    heading: Box<dyn Fn() -> Vec<u8> + Send>,
    /// Returns true once for each request to open the output again.
    reopen: Box<dyn FnMut() -> bool + Send>,
    /// Waits before a write is tried again.
    wait: Box<dyn FnMut(Duration) + Send>,
}

impl EventFile {
    /// Opens the output.
    ///
    /// # Errors
    /// It cannot be opened.
    pub(super) fn open(
        mut open: Open,
        heading: impl Fn() -> Vec<u8> + Send + 'static,
        reopen: impl FnMut() -> bool + Send + 'static,
    ) -> io::Result<Self> {
        let Opened { output, file, .. } = open()?;
        Ok(Self {
            open,
            output,
            file,
            heading: Box::new(heading),
            reopen: Box::new(reopen),
            wait: Box::new(std::thread::sleep),
        })
    }

    /// Writes these lines once.
    ///
    /// # Errors
    /// They cannot be written.
    pub(super) fn write_once(&mut self, lines: &[u8]) -> io::Result<()> {
        self.output.write_all(lines).and_then(|()| self.output.flush())
    }

    /// Writes these lines. If that fails, for example because the disk is full, it is tried again until it succeeds.
    /// Meanwhile, emitted events wait in the queue, which drops and counts those that do not fit.
    ///
    /// # Errors
    /// The output is a pipe that no longer has a reader.
    pub(super) fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        let (mut written, mut is_failing) = (0, false);
        loop {
            if (self.reopen)() && self.opens_another() {
                // A line that was begun in the old file is written completely to the new one.
                written = memchr::memrchr(b'\n', &lines[..written]).map_or(0, |end| end + 1);
            }
            match self.write_some(&lines[written..]) {
                Ok(0) => {
                    if is_failing {
                        tracing::warn!("the event log is being written again");
                    }
                    return Ok(());
                }
                Ok(more) => written += more,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::BrokenPipe => return Err(error),
                Err(error) => {
                    if !std::mem::replace(&mut is_failing, true) {
                        tracing::error!("cannot write the event log, trying again every second: {error}");
                    }
                    (self.wait)(RETRY);
                }
            }
        }
    }

    /// Writes a part of these lines, and returns how long it is: 0 once they are empty and everything is flushed.
    fn write_some(&mut self, lines: &[u8]) -> io::Result<usize> {
        if lines.is_empty() {
            return self.output.flush().map(|()| 0);
        }
        match self.output.write(lines)? {
            0 => Err(ErrorKind::WriteZero.into()),
            more => Ok(more),
        }
    }

    /// Opens the output again. Returns whether it is now a different file. If opening fails, the old output stays in
    /// use.
    fn opens_another(&mut self) -> bool {
        match (self.open)() {
            Ok(Opened { output, is_empty, file }) => {
                self.output = output;
                let is_another = std::mem::replace(&mut self.file, file) != file;
                // If this fails, the lines after it fail too, and are reported.
                if is_empty && let Err(error) = self.write_once(&(self.heading)()) {
                    tracing::error!("cannot write the first line of the event log: {error}");
                }
                is_another
            }
            Err(error) => {
                tracing::error!("cannot open the event log again, so the old file is written on: {error}");
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex};

    /// A disk that holds numbered files and has room for a limited number of bytes. Each wait before a retry adds room.
    #[derive(Clone, Default)]
    struct Disk {
        files: Arc<Mutex<Vec<Vec<u8>>>>,
        room: Arc<AtomicUsize>,
    }

    impl Disk {
        fn file(&self, number: usize) -> String {
            String::from_utf8(self.files.lock().expect("files")[number].clone()).expect("text")
        }

        /// An event log on this disk. It calls `reopen` to learn whether to open the output again, and makes room for
        /// `more` bytes whenever it waits. The output that it opens again is another file if `is_rotated`.
        fn event_file(
            &self,
            more: usize,
            is_rotated: bool,
            reopen: impl FnMut() -> bool + Send + 'static,
        ) -> EventFile {
            let disk = self.clone();
            let open = move || {
                let mut files = disk.files.lock().expect("files");
                let is_empty = is_rotated || files.is_empty();
                if is_empty {
                    files.push(Vec::new());
                }
                Ok(Opened {
                    output: Box::new(disk.clone()),
                    is_empty,
                    file: Some((1, files.len() as u64)),
                })
            };
            let heading = || b"first\n".to_vec();
            let mut file = EventFile::open(Box::new(open), heading, reopen).expect("opened");
            let room = Arc::clone(&self.room);
            file.wait = Box::new(move |_| {
                room.fetch_add(more, Ordering::Relaxed);
            });
            file
        }
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = bytes.len().min(self.room.load(Ordering::Relaxed));
            if taken == 0 {
                return Err(ErrorKind::StorageFull.into());
            }
            self.room.fetch_sub(taken, Ordering::Relaxed);
            let mut files = self.files.lock().expect("files");
            files.last_mut().expect("a file").extend_from_slice(&bytes[..taken]);
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_delays_the_lines_and_cuts_none() {
        let disk = Disk::default();
        let mut file = disk.event_file(5, true, || false);
        for lines in ["one\ntwo\n", "three\n", "four\nfive\nsix\n"] {
            file.write(lines.as_bytes()).expect("written in the end");
        }
        assert_eq!(disk.file(0), "one\ntwo\nthree\nfour\nfive\nsix\n");
    }

    #[test]
    fn an_output_that_is_opened_again_begins_with_a_whole_line() {
        let disk = Disk::default();
        disk.room.store(6, Ordering::Relaxed);
        let mut asked = 0;
        // The third time that it asks, two bytes of the second line have been written.
        let mut file = disk.event_file(100, true, move || {
            asked += 1;
            asked == 3
        });
        file.write(b"one\ntwo\nthree\n").expect("written in the end");
        assert_eq!(disk.file(0), "one\ntw");
        assert_eq!(disk.file(1), "first\ntwo\nthree\n");
    }

    #[test]
    fn a_line_that_was_begun_is_continued_in_the_same_file() {
        let disk = Disk::default();
        disk.room.store(6, Ordering::Relaxed);
        let mut asked = 0;
        let mut file = disk.event_file(100, false, move || {
            asked += 1;
            asked == 3
        });
        file.write(b"one\ntwo\nthree\n").expect("written in the end");
        assert_eq!(disk.file(0), "one\ntwo\nthree\n");
    }

    #[test]
    fn a_pipe_without_a_reader_ends_it() {
        struct Gone;
        impl Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let open = || {
            Ok(Opened {
                output: Box::new(Gone),
                is_empty: true,
                file: None,
            })
        };
        let mut file = EventFile::open(Box::new(open), Vec::new, || false).expect("opened");
        assert!(file.write(b"a line\n").is_err());
    }
}
