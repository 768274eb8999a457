//! A whole connection: a client sends arbitrary bytes, cut anywhere, and ends in one of three ways. Client and server run in
//! this thread on a paused clock, so that timers of minutes pass at once.

use crate::input::Input;
use crate::{profiles, replies, site, under_chosen};
use labserve_server::server::{Single, Site};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::runtime::Runtime;
use tokio::task::{LocalSet, yield_now};
use tokio::time::{sleep, timeout};

/// What the client does after sending everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Sends FIN, and keeps reading.
    Shut,
    /// Waits longer than any timer of a built-in profile, then sends FIN.
    Wait,
    /// Closes the connection at once.
    Close,
}

/// Longer than any timer of a built-in profile. A connection must have ended by then.
const LONG: Duration = Duration::from_secs(900);

thread_local! {
    static RUNTIME: Runtime = runtime();
}

fn runtime() -> Runtime {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime");
    // libFuzzer's main leaves SIGPIPE at its default: a write to a closed socket would end the process.
    let inside = runtime.enter();
    let pipe = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::pipe());
    // The handler stays installed after its stream is dropped.
    drop(pipe.expect("a signal handler"));
    drop(inside);
    runtime
}

/// Sends the bytes to a server under the profile that the first byte selects.
pub fn run(data: &[u8]) {
    under_chosen(run_under, data);
}

/// The same under the `number`th profile.
pub fn run_under(number: usize, data: &[u8]) {
    let mut input = Input(data);
    let ending = *input.choose(&[Ending::Shut, Ending::Wait, Ending::Close]);
    let cut = usize::from(input.byte());
    let bytes = input.0;
    let pieces: Vec<&[u8]> = match cut {
        0 => vec![bytes],
        // Single bytes only for short inputs: there is a wait after each.
        1 if bytes.len() < 300 => bytes.chunks(1).collect(),
        _ => bytes.chunks(cut * 3).collect(),
    };
    let profile = profiles::with_all(|all| all[number].clone());
    let site = site::under(&profile);
    let got = converse(site, &pieces, ending);
    let shown = || {
        format!(
            "{} under {}:\n{}",
            bytes.escape_ascii(),
            profile.name,
            got.escape_ascii()
        )
    };
    assert!(
        memmem(&got, site::SECRET.as_bytes()).is_none(),
        "the secret was served: {}",
        shown()
    );
    let answers = match replies::count(&got, &profile, ending != Ending::Close) {
        Ok(answers) => answers,
        Err(wrong) => panic!("{wrong}: {}", shown()),
    };
    let most = replies::most_requests(bytes);
    assert!(
        answers <= most,
        "{answers} answers to at most {most} requests: {}",
        shown()
    );
}

fn memmem(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

/// Serves one connection on which the client sends `pieces`, and returns what the server sent.
pub fn converse(site: Site, pieces: &[&[u8]], ending: Ending) -> Vec<u8> {
    RUNTIME.with(|runtime| {
        let local = LocalSet::new();
        local.block_on(runtime, async {
            let (client, server) = std::os::unix::net::UnixStream::pair().expect("a pair of sockets");
            client.set_nonblocking(true).expect("a socket");
            let server = std::net::TcpStream::from(std::os::fd::OwnedFd::from(server));
            let served = async {
                Single::new(site)
                    .serve(server)
                    .await
                    .expect("a socket that can be watched");
            };
            let talked = talk(UnixStream::from_std(client).expect("a socket"), pieces, ending);
            let both = async { tokio::join!(served, talked).1 };
            match timeout(4 * LONG, both).await {
                Ok(got) => got,
                Err(_) => panic!("the connection does not end"),
            }
        })
    })
}

async fn talk(client: UnixStream, pieces: &[&[u8]], ending: Ending) -> Vec<u8> {
    let (mut reader, mut writer) = client.into_split();
    let mut got = Vec::new();
    let sending = async {
        for piece in pieces {
            // The server may have closed. What it sent before is still read.
            if writer.write_all(piece).await.is_err() {
                break;
            }
            yield_now().await;
            sleep(Duration::from_millis(1)).await;
        }
        if ending == Ending::Wait {
            sleep(LONG).await;
        }
        if ending == Ending::Close {
            return Some(writer);
        }
        drop(writer);
        None
    };
    if ending == Ending::Close {
        // Reads nothing, so that the server may write to a closed connection.
        drop(sending.await);
        drop(reader);
        return got;
    }
    let reading = async {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(count @ 1..) = reader.read(&mut buffer).await {
            got.extend_from_slice(&buffer[..count]);
        }
    };
    tokio::join!(sending, reading);
    got
}
