//! Carries out a visit over sockets.

use super::plan::{Step, Visit};
use super::reply::ReplyReader;
use crate::recording::End;
use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

/// How long a connection may take to be established, and a request to be accepted.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often to check whether the visit was cancelled.
const GLANCE: Duration = Duration::from_millis(100);
/// The maximum number of pieces of responses that wait to be processed, so that a fast server does not fill the memory.
const QUEUED: usize = 64;

/// A message from a thread that reads a connection.
enum Heard {
    Connected(TcpStream),
    Refused(io::Error),
    Bytes(Vec<u8>),
    Ended(End),
}

/// An established connection.
struct Wire {
    stream: TcpStream,
    reader: ReplyReader,
}

/// Visits a page of the server at this address, until the browser is closed or `cancelled` is set.
pub fn run(server: SocketAddr, visit: &mut Visit, cancelled: &AtomicBool) {
    let start = Instant::now();
    let (tell, hear) = mpsc::sync_channel(QUEUED);
    let mut wires: BTreeMap<usize, Wire> = BTreeMap::new();
    let mut has_left = false;
    while !visit.is_over() {
        for step in visit.steps(start.elapsed()) {
            match step {
                Step::Connect(lane) => connect(lane, server, &tell),
                Step::Send(lane, bytes) => {
                    if let Some(wire) = wires.get_mut(&lane) {
                        wire.reader = ReplyReader::default();
                        // If the server has ended the connection, the reading thread reports how.
                        let _ = wire.stream.write_all(&bytes);
                    }
                }
                Step::Close(lane) => {
                    if let Some(wire) = wires.get(&lane) {
                        let _ = wire.stream.shutdown(Shutdown::Write);
                    }
                }
                Step::Drop(lane) => {
                    if let Some(wire) = wires.remove(&lane) {
                        // This ends the reading thread.
                        let _ = wire.stream.shutdown(Shutdown::Both);
                    }
                }
            }
        }
        if visit.is_over() {
            break;
        }
        let now = start.elapsed();
        let wait = visit.wake().map_or(GLANCE, |at| at.saturating_sub(now).min(GLANCE));
        match hear.recv_timeout(wait) {
            Ok((lane, heard)) => take(lane, heard, &mut wires, visit, start.elapsed()),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
        if !has_left && cancelled.load(Ordering::Relaxed) {
            has_left = true;
            visit.leave();
        }
    }
}

/// Passes a message to the visit.
fn take(lane: usize, heard: Heard, wires: &mut BTreeMap<usize, Wire>, visit: &mut Visit, now: Duration) {
    match heard {
        Heard::Connected(stream) => {
            let port = stream.local_addr().map_or(0, |address| address.port());
            let reader = ReplyReader::default();
            wires.insert(lane, Wire { stream, reader });
            visit.connected(lane, port, now);
        }
        Heard::Refused(why) => visit.refused_by(lane, &why.to_string()),
        Heard::Bytes(bytes) => {
            let Some(wire) = wires.get_mut(&lane) else { return };
            visit.progressed(lane, now);
            match wire.reader.push(&bytes) {
                Ok(Some(reply)) => visit.replied(lane, &reply, now),
                Ok(None) => {}
                Err(_) => visit.not_http(lane),
            }
        }
        Heard::Ended(how) => {
            let Some(wire) = wires.get_mut(&lane) else { return };
            if let (End::Fin, Some(reply)) = (how, wire.reader.finish()) {
                visit.replied(lane, &reply, now);
            }
            visit.ended(lane, how, wire.reader.has_begun(), now);
        }
    }
}

/// Opens a connection in a separate thread, which then reads it.
fn connect(lane: usize, server: SocketAddr, tell: &SyncSender<(usize, Heard)>) {
    let sender = tell.clone();
    let spawned = thread::Builder::new().spawn(move || {
        // The receiver is gone if the visit is over.
        let _ = match open(server) {
            Ok((stream, reading)) => sender
                .send((lane, Heard::Connected(stream)))
                .and_then(|()| read(lane, reading, &sender)),
            Err(why) => sender.send((lane, Heard::Refused(why))),
        };
    });
    if let Err(why) = spawned {
        let _ = tell.try_send((lane, Heard::Refused(why)));
    }
}

/// A connection as two streams: one for writing and one for reading.
fn open(server: SocketAddr) -> io::Result<(TcpStream, TcpStream)> {
    let stream = TcpStream::connect_timeout(&server, PATIENCE)?;
    stream.set_nodelay(true)?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let reading = stream.try_clone()?;
    Ok((stream, reading))
}

fn read(
    lane: usize,
    mut stream: TcpStream,
    tell: &SyncSender<(usize, Heard)>,
) -> Result<(), mpsc::SendError<(usize, Heard)>> {
    let mut buffer = vec![0; 1 << 16];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return tell.send((lane, Heard::Ended(End::Fin))),
            Ok(count) => tell.send((lane, Heard::Bytes(buffer[..count].to_vec())))?,
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(_) => return tell.send((lane, Heard::Ended(End::Rst))),
        }
    }
}
