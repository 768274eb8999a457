//! What the kernel knows about a connection: TCP_INFO (tcp(7)), on systems that have it.

use serde::Serialize;

/// The file descriptor of an open socket.
#[cfg(unix)]
pub(crate) type Socket = std::os::fd::RawFd;
/// Not available on this system. Windows has SIO_TCP_INFO, but Wine does not, so it could not be tested.
#[cfg(not(unix))]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Socket;

/// What the kernel knows about a connection. Times ending in `_us` are in microseconds, those ending in `_ms` in
/// milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the names are the kernel's own")]
pub struct Kernel {
    pub state: &'static str,
    pub rtt_us: u32,
    pub rttvar_us: u32,
    pub min_rtt_us: u32,
    pub rto_us: u32,
    pub cwnd: u32,
    pub ssthresh: u32,
    pub snd_mss: u32,
    pub rcv_mss: u32,
    pub pmtu: u32,
    pub unacked: u32,
    pub lost: u32,
    pub retrans: u32,
    pub total_retrans: u32,
    pub last_data_sent_ms: u32,
    pub last_data_recv_ms: u32,
    pub bytes_acked: u64,
    pub bytes_received: u64,
    pub notsent_bytes: u32,
    pub delivery_rate: u64,
}

/// The file descriptor of a socket. It is valid while the socket is open.
#[cfg(unix)]
pub(crate) fn socket(stream: &impl std::os::fd::AsRawFd) -> Socket {
    stream.as_raw_fd()
}

/// Not available on this system.
#[cfg(not(unix))]
pub(crate) fn socket<S>(_: &S) -> Socket {
    Socket
}

/// What the kernel knows about the connection of this socket.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code, reason = "a call of the operating system")]
pub(crate) fn kernel_facts(socket: Socket) -> Option<Kernel> {
    const STATES: [&str; 12] = [
        "UNKNOWN",
        "ESTABLISHED",
        "SYN_SENT",
        "SYN_RECV",
        "FIN_WAIT1",
        "FIN_WAIT2",
        "TIME_WAIT",
        "CLOSE",
        "CLOSE_WAIT",
        "LAST_ACK",
        "LISTEN",
        "CLOSING",
    ];
    let mut size = size_of::<libc::tcp_info>() as libc::socklen_t;
    // SAFETY: tcp_info consists of numbers only, for which zero is a valid value.
    let mut info: libc::tcp_info = unsafe { std::mem::zeroed() };
    // SAFETY: the kernel writes at most `size` bytes into `info`, which is on this stack. A number that is not an open
    // socket is an error.
    let done = unsafe {
        libc::getsockopt(
            socket,
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            (&raw mut info).cast(),
            &raw mut size,
        )
    };
    (done == 0).then(|| Kernel {
        state: STATES.get(usize::from(info.tcpi_state)).copied().unwrap_or(STATES[0]),
        rtt_us: info.tcpi_rtt,
        rttvar_us: info.tcpi_rttvar,
        min_rtt_us: info.tcpi_min_rtt,
        rto_us: info.tcpi_rto,
        cwnd: info.tcpi_snd_cwnd,
        ssthresh: info.tcpi_snd_ssthresh,
        snd_mss: info.tcpi_snd_mss,
        rcv_mss: info.tcpi_rcv_mss,
        pmtu: info.tcpi_pmtu,
        unacked: info.tcpi_unacked,
        lost: info.tcpi_lost,
        retrans: info.tcpi_retrans,
        total_retrans: info.tcpi_total_retrans,
        last_data_sent_ms: info.tcpi_last_data_sent,
        last_data_recv_ms: info.tcpi_last_data_recv,
        bytes_acked: info.tcpi_bytes_acked,
        bytes_received: info.tcpi_bytes_received,
        notsent_bytes: info.tcpi_notsent_bytes,
        delivery_rate: info.tcpi_delivery_rate,
    })
}

/// Not available on this system.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn kernel_facts(_: Socket) -> Option<Kernel> {
    None
}

/// How many sent bytes the peer has not acknowledged.
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "a call of the operating system")]
pub(crate) fn unconfirmed(stream: &tokio::net::TcpStream) -> usize {
    let mut bytes: libc::c_int = 0;
    // SAFETY: the kernel writes one int into `bytes`, which is on this stack. The socket is open.
    let done = unsafe { libc::ioctl(socket(stream), libc::TIOCOUTQ, &raw mut bytes) };
    if done == 0 {
        usize::try_from(bytes).unwrap_or(0)
    } else {
        0
    }
}

/// Not available on this system.
#[cfg(not(target_os = "linux"))]
pub(crate) fn unconfirmed(_: &tokio::net::TcpStream) -> usize {
    0
}

/// How the peer has ended its side of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PeerEnd {
    /// With FIN.
    Fin,
    /// With RST.
    Reset,
    /// With FIN, and then with RST.
    #[cfg_attr(
        not(all(target_os = "linux", target_env = "gnu")),
        allow(dead_code, reason = "only TCP_INFO tells this")
    )]
    FinThenReset,
}

/// How the peer has ended its side, on a connection whose own side has not ended. This is known as soon as the system
/// has received it, even if bytes before it have not been read.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(crate) fn peer_end(stream: &tokio::net::TcpStream) -> Option<PeerEnd> {
    match kernel_facts(socket(stream))?.state {
        "CLOSE_WAIT" => Some(PeerEnd::Fin),
        // The kernel reports a RST after a FIN as EPIPE, and any other RST as ECONNRESET.
        "CLOSE" => Some(match stream.take_error() {
            Ok(Some(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => PeerEnd::FinThenReset,
            _ => PeerEnd::Reset,
        }),
        _ => None,
    }
}

/// How the peer has ended its side, on a connection whose own side has not ended. A FIN that follows unread bytes is
/// not seen.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn peer_end(stream: &tokio::net::TcpStream) -> Option<PeerEnd> {
    match socket2::SockRef::from(stream).peek(&mut [std::mem::MaybeUninit::uninit()]) {
        Ok(0) => Some(PeerEnd::Fin),
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => Some(PeerEnd::Reset),
        _ => None,
    }
}
