//! The one table of messages: everything that `explain` says in words.
//!
//! `{name}` is an argument, `{name?one|many}` a choice by number. Words of the field (SYN, FIN, Seq, ETag) stand as they are.

/// A language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Chinese.
    Zh,
}

macro_rules! messages {
    ($($variant:ident = $en:literal, $zh:literal;)*) => {
        /// A message.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Msg { $(#[doc = $en] $variant,)* }

        impl Msg {
            /// Every message.
            pub const ALL: &'static [Msg] = &[$(Msg::$variant,)*];

            /// Its text in a language, with its arguments still to be filled in.
            pub fn template(self, lang: Lang) -> &'static str {
                match (self, lang) { $((Msg::$variant, Lang::En) => $en, (Msg::$variant, Lang::Zh) => $zh,)* }
            }
        }
    };
}

messages! {
    // Words.
    TheClient = "the client", "客户端";
    TheServer = "the server", "服务器";
    Client = "Client", "客户端";
    Server = "Server", "服务器";
    Frames = "[{count?frame|frames} {frames}]", "[{count?帧|帧} {frames}]";

    // Headings and columns.
    Title = "What this capture shows", "抓包解读";
    Findings = "Findings", "结论";
    LooksLike = "Which server it looks like", "像哪一种服务器";
    Notes = "Notes on the reading", "读取说明";
    Handshake = "Handshake", "握手";
    Exchanges = "Exchanges", "请求与响应";
    LargeFile = "How the largest response was sent", "最大的响应是怎样发送的";
    End = "End", "结束";
    Comparison = "Comparison", "比较";
    Troubles = "Below HTTP", "HTTP 之下";
    Ladder = "Ladder", "时序图";
    Timeline = "Timeline", "时间线";
    Why = "why", "原因";
    ColStream = "stream", "流";
    ColFrame = "frame", "帧";
    ColFrames = "frames", "帧";
    ColTime = "time", "时间";
    ColFrom = "from", "发送方";
    ColFlags = "flags", "标志";
    ColSeq = "Seq", "Seq";
    ColAck = "Ack", "Ack";
    ColLen = "Len", "Len";
    ColNumber = "no.", "序号";
    ColRequest = "request", "请求";
    ColStatus = "status", "状态";
    ColRequestBytes = "request bytes", "请求字节";
    ColResponseBytes = "response bytes", "响应字节";
    ColClientSeq = "client Seq after", "其后客户端 Seq";
    ColServerSeq = "server Seq after", "其后服务器 Seq";
    ColFirstByte = "first byte after", "首字节延迟";
    ColBurst = "burst", "批次";
    ColSegments = "segments", "段";
    ColBytes = "bytes", "字节";
    ColExchanges = "exchanges", "请求数";
    ColLasted = "lasted", "时长";
    ColAnnounced = "announced", "声明";
    ColEndedBy = "ended by", "结束方";
    ColHow = "how", "方式";
    ColWhy = "why", "原因";
    ColClient = "client", "客户端";
    ColServer = "server", "服务器";
    ColUse = "use", "用途";
    ColAfterLastByte = "after last byte", "距末字节";
    ColWindow = "window", "窗口";
    UseHttp = "HTTP/1.x", "HTTP/1.x";
    UseUnused = "never used", "从未使用";
    UseNotOpened = "never opened", "未能建立";
    UseOther = "no HTTP/1.x", "不是 HTTP/1.x";
    HowReset = "RST", "RST";
    HowFinThenReset = "FIN, then RST", "FIN，然后 RST";
    HowHalfClosed = "FIN from one side only", "只有一方发 FIN";
    HowStillOpen = "still open", "仍然打开";
    HeadAndBody = "{bytes} ({head} head + {body})", "{bytes}（首部 {head} + {body}）";
    RowsLeftOut = "{count} more {count?row|rows} left out.", "另有 {count} 行未列出。";
    ConnectionsLeftOut = "{count} more {count?connection|connections} not laid out here; the comparison and the JSON form list them.", "另有 {count} 条连接未在此展开；比较表和 JSON 形式中列有它们。";

    // The page.
    PhaseHandshake = "handshake", "握手";
    PhaseRequest = "request", "请求";
    PhaseResponse = "response", "响应";
    PhaseEnd = "end", "结束";
    PhaseAck = "only acknowledges", "仅确认";
    PhaseWaiting = "waiting for the response", "等待响应";
    PhaseRest = "rest", "空闲";
    PhaseHalfClosed = "half-closed", "半关闭";
    TimelineScale = "Time runs to the right. Its scale is stretched where much happens and shrunk where nothing does; the labels say the time since the capture's first frame. Upper triangles are the client's FIN, lower ones the server's, a cross is RST, an arrow is a connection that was still open.", "时间向右。事件密集处放大，空闲处缩小；标签是距抓包第一帧的时间。上三角是客户端的 FIN，下三角是服务器的 FIN，叉号是 RST，箭头表示抓包结束时仍然打开。";
    LadderScale = "Time runs down, the client is on the left. At the left edge: frame number and time since the capture's first frame. Seq, Ack and Len are the ones that Wireshark shows.", "时间向下，客户端在左。左边是帧号和距抓包第一帧的时间。Seq、Ack、Len 与 Wireshark 显示的相同。";
    Later = "{after} later", "{after} 之后";
    FramesNotDrawn = "{count} {count?frame|frames} not drawn, {bytes} bytes", "{count} 帧未画出，{bytes} 字节";
    FramesNotListed = "{count} {count?frame|frames} not drawn", "{count} 帧未画出";
    RequestHead = "Request head", "请求首部";
    ResponseHead = "Response head", "响应首部";
    LanesLeftOut = "{count} more {count?connection|connections} not drawn.", "另有 {count} 条连接未画出。";
    LadderOf = "Ladder of frames {first} to {last}", "第 {first} 帧至第 {last} 帧的时序图";

    // The capture.
    CaptureSummary = "{frames} {frames?frame|frames}, {tcp} of them TCP, in {lasted}; {streams} TCP {streams?stream|streams}, {shown} shown", "共 {frames} 帧，其中 TCP {tcp} 帧，历时 {lasted}；{streams} 条 TCP 流，显示 {shown} 条";
    NothingFound = "Nothing out of the ordinary.", "没有特别之处。";

    // A connection.
    ConnectionHttp = "Connection {stream}: {client} to {server}, {count} {count?exchange|exchanges} in {lasted}", "连接 {stream}：{client} 到 {server}，{count} 次请求，历时 {lasted}";
    ConnectionUnused = "Connection {stream}: {client} to {server}, never used, seen for {lasted}", "连接 {stream}：{client} 到 {server}，从未使用，历时 {lasted}";
    ConnectionNotOpened = "Connection {stream}: {client} to {server}, never opened", "连接 {stream}：{client} 到 {server}，未能建立";
    ConnectionOther = "Connection {stream}: {client} to {server}, bytes that are no HTTP/1.x or whose beginning is missing", "连接 {stream}：{client} 到 {server}，内容不是 HTTP/1.x，或缺少开头";
    RoleByHttp = "Which side is the client follows from what they say; the SYN was not captured.", "未捕获到 SYN；由内容判断哪一方是客户端。";
    RoleByPort = "Which side is the client is a guess by the port numbers.", "哪一方是客户端由端口号推测。";

    // The handshake.
    Opened = "Opened with three frames (SYN, SYN/ACK, ACK) in {took}", "三次握手（SYN、SYN/ACK、ACK），用时 {took}";
    OpenedUnfinished = "SYN and SYN/ACK, and no ACK in the capture", "有 SYN 和 SYN/ACK，抓包中没有 ACK";
    OpenedBefore = "It was open before the capture began", "抓包开始之前连接已建立";
    Refused = "Refused: SYN was answered with RST", "被拒绝：对 SYN 的回答是 RST";
    Unanswered = "Nobody answered the SYN", "SYN 无人回答";
    SynRetried = "SYN was sent {count} more {count?time|times}", "SYN 又重发了 {count} 次";
    Offers = "{side} offers {options}", "{side}提供 {options}";

    // An exchange.
    ExchangeLine = "{number}. {request} -> {status}", "{number}. {request} -> {status}";
    RequestNotCaptured = "(request not captured)", "（未捕获请求）";
    NoResponse = "(no response)", "（没有响应）";
    RequestSize = "Request: {bytes} bytes, head {head}, body {body}; client Seq after it {next_seq}", "请求：{bytes} 字节，首部 {head}，正文 {body}；其后客户端 Seq 为 {next_seq}";
    ResponseSize = "Response: {bytes} bytes, head {head}, body {body}; server Seq after it {next_seq}", "响应：{bytes} 字节，首部 {head}，正文 {body}；其后服务器 Seq 为 {next_seq}";
    FirstByte = "First byte {first_byte} after the request, last byte {last_byte} after it", "请求之后 {first_byte} 收到首字节，{last_byte} 收到末字节";
    FirstByteEarly = "The response began {early} before the request was complete", "请求尚未发完，响应已提前 {early} 开始";
    InOneBurst = "Sent in one burst ended by PSH: {bursts}", "一批发出，以 PSH 结束：{bursts}";
    InBursts = "Sent in {count} bursts, each ended by PSH: {bursts}", "分 {count} 批发出，每批以 PSH 结束：{bursts}";
    RangeServed = "The request asked for a range ({range}), so 206: {content_range}", "请求了范围（{range}），所以是 206：{content_range}";
    RangeNotServed = "The request asked for a range ({range}) and got the whole", "请求了范围（{range}），得到的是整个文件";
    NotModifiedByEtag = "304 because If-None-Match names the ETag that the file still has ({sent}): the client's copy is good", "304，因为 If-None-Match 中的 ETag（{sent}）仍然有效：客户端的副本可用";
    NotModifiedByDate = "304 because the file has not changed since the date in If-Modified-Since ({sent})", "304，因为文件自 If-Modified-Since（{sent}）以来没有改变";
    NotModifiedByNothing = "304 although the request had no condition", "请求没有条件，却是 304";
    Pipelined = "Pipelined: sent before the response before it was complete", "流水线：上一个响应尚未完成就已发出";
    Interim = "{status} came before it", "之前先有 {status}";
    CutShort = "Cut short: {got} of {want} bytes of the body came, then {side} ended the connection", "被截断：正文 {want} 字节只到了 {got} 字节，随后{side}结束了连接";
    CutShortUnknown = "Cut short: the connection ended before the end of the body", "被截断：正文未结束，连接就结束了";
    HeadCutShort = "Cut short: the connection ended in the middle of the head", "被截断：首部未结束，连接就结束了";
    BrokenOff = "Broken off by RST after {got} bytes of the body", "正文到 {got} 字节时被 RST 中断";
    NotAllCaptured = "The capture ends before it is complete", "抓包在它完成之前就结束了";
    BytesUnseen = "{count} {count?byte|bytes} of it are not in the capture", "其中 {count} 字节不在抓包中";
    BodyToClose = "No length was given: the body ends where the connection ends", "没有给出长度：连接结束即正文结束";
    BodyInChunks = "The body came in chunks", "正文以 chunked 方式发送";
    BecomesTunnel = "Behind it the connection carries another protocol", "此后连接承载另一种协议";
    MoreExchanges = "... and {count} more {count?exchange|exchanges}", "…… 另有 {count} 次请求";

    // Rests.
    RestBeforeFirst = "Nothing for {rest} before the first request", "第一个请求之前空闲 {rest}";
    RestToRequest = "Rest of {rest}, then the next request", "空闲 {rest}，然后是下一个请求";
    RestToServerFin = "Rest of {rest}, then the server closed; nothing had been announced", "空闲 {rest}，然后服务器关闭；此前没有声明时限";
    RestToServerFinAnnounced = "Rest of {rest}, then the server closed; it had announced timeout={announced}", "空闲 {rest}，然后服务器关闭；它声明过 timeout={announced}";
    RestToClientFin = "Rest of {rest}, then the client closed", "空闲 {rest}，然后客户端关闭";
    RestToClientFinAnnounced = "Rest of {rest}, then the client closed; the server had announced timeout={announced}", "空闲 {rest}，然后客户端关闭；服务器声明过 timeout={announced}";
    RestToReset = "Rest of {rest}, then RST", "空闲 {rest}，然后是 RST";
    RestToCaptureEnd = "Rest of {rest} until the capture ends; nothing had been announced", "空闲 {rest} 直到抓包结束；没有声明时限";
    RestToCaptureEndAnnounced = "Rest of {rest} until the capture ends; timeout={announced} had been announced", "空闲 {rest} 直到抓包结束；声明过 timeout={announced}";

    // The end.
    FirstFin = "{side} sent the first FIN (Seq {seq}), {after} after the last byte", "{side}先发 FIN（Seq {seq}），在最后一个字节之后 {after}";
    FirstFinNoData = "{side} sent the first FIN (Seq {seq}), {after} after the opening; no byte had been sent", "{side}先发 FIN（Seq {seq}），在建立之后 {after}；没有发送过数据";
    SecondFin = "{side} answered with its own FIN (Seq {seq}) {after} later", "{side}在 {after} 之后发出自己的 FIN（Seq {seq}）";
    FourFrames = "Four frames: FIN, ACK, FIN, ACK", "四次挥手：FIN、ACK、FIN、ACK";
    ThreeFrames = "Three frames: FIN, FIN with ACK, ACK", "三次挥手：FIN、FIN+ACK、ACK";
    BothFins = "Both sides sent FIN; not every ACK of it was captured", "双方都发了 FIN；并非每个 ACK 都被捕获";
    HalfClosed = "Closed on one side for {half}", "半关闭状态持续 {half}";
    HalfClosedOpen = "Half-closed until the capture ended, {half} later: the other side sent no FIN", "半关闭直到抓包结束（{half}）：另一方没有发 FIN";
    StillOpen = "Still open when the capture ended, {after} after the last byte", "抓包结束时仍然打开，距最后一个字节 {after}";
    StillOpenNoData = "Still open when the capture ended", "抓包结束时仍然打开";
    ResetRefused = "RST from {side}: the connection is refused", "{side}发 RST：拒绝连接";
    ResetAborts = "RST from {side}, {after} after the last byte: it breaks off what was under way, or throws unread bytes away", "{side}发 RST，在最后一个字节之后 {after}：中断进行中的内容，或丢弃未读的字节";
    ResetLateData = "RST from {side}: it had closed already, and refuses data that came after that", "{side}发 RST：它已经关闭，拒绝之后到达的数据";
    ResetAnswersFin = "RST from {side} in answer to FIN, with nothing under way", "{side}以 RST 回答 FIN，没有进行中的内容";
    ResetHarmless = "RST from {side} after both FINs: nothing is lost", "双方 FIN 之后{side}发 RST：没有损失";
    ResetIdle = "RST from {side} on an idle connection, {after} after the last byte", "空闲连接上{side}发 RST，在最后一个字节之后 {after}";

    // Why it ended.
    WhyResponseSaidClose = "because the response said Connection: close", "因为响应声明了 Connection: close";
    WhyRequestSaidClose = "because the request had asked for Connection: close", "因为请求要求 Connection: close";
    WhyHttp10 = "because HTTP/1.0 without keep-alive ends after one exchange", "因为没有 keep-alive 的 HTTP/1.0 在一次请求后结束";
    WhyBodyEndsWithClose = "because the end of the connection is the end of the body", "因为连接结束就是正文结束";
    WhyIdleAsAnnounced = "because no further request came within the time that the server had announced", "因为在服务器声明的时间内没有新的请求";
    WhyIdleUnannounced = "because no further request came, and the server's own time was over", "因为没有新的请求，服务器自己的时限已到";
    WhyAfterResponse = "directly behind a response that had not said so", "紧接在响应之后，而响应并未声明";
    WhyClientDone = "because the client needed it no longer", "因为客户端不再需要它";
    WhyClientSentAll = "because the client had no more to ask: it closed its side behind its last request", "因为客户端不再有请求：它在最后一个请求之后关闭了自己的一侧";
    WhyUnused = "it had never been used", "它从未被使用";
    WhyInExchange = "in the middle of an exchange", "在请求或响应进行当中";
    WhyErrorResponse = "because the request was refused", "因为请求被拒绝";
    WhyNoRequest = "because what the client had sent is no request", "因为客户端发来的内容不是请求";
    WhyResetWhileIdle = "while it was idle", "在空闲时";
    WhyNotOpened = "it was never opened", "连接没有建立";
    WhyUnknown = "the capture does not show why", "抓包没有显示原因";

    // What is special about a segment, in a word.
    MarkRetransmission = "retransmission", "重传";
    MarkOverlap = "overlap", "重叠";
    MarkOutOfOrder = "out of order", "乱序";
    MarkGap = "gap before it", "之前有缺口";
    MarkKeepAlive = "keep-alive probe", "保活探测";
    MarkKeepAliveAck = "answer to keep-alive", "保活应答";
    MarkZeroWindow = "window 0", "窗口 0";
    MarkWindowProbe = "window probe", "零窗口探测";
    MarkCut = "cut by snap length", "被抓包长度截断";
    MarkAckedUnseen = "acknowledges unseen bytes", "确认了未捕获的字节";
    MarkReassembled = "from IP fragments", "由 IP 分片重组";

    // Trouble below HTTP.
    TroubleRetransmission = "{count} {count?segment|segments} from {side} sent again", "{side}重传 {count} 个段";
    TroubleOverlap = "{count} {count?segment|segments} from {side} partly sent before", "{side}有 {count} 个段与之前的部分重叠";
    TroubleOutOfOrder = "{count} {count?segment|segments} from {side} out of order", "{side}有 {count} 个段乱序";
    TroubleGap = "bytes missing before {count} {count?segment|segments} from {side}", "{side}有 {count} 个段之前缺少字节";
    TroubleKeepAlive = "{count} TCP keep-alive {count?probe|probes} from {side}", "{side}发出 {count} 个 TCP 保活探测";
    TroubleKeepAliveAck = "{count} {count?answer|answers} from {side} to keep-alive probes", "{side}回答了 {count} 个保活探测";
    TroubleZeroWindow = "{side} said {count} {count?time|times} that it can take no more (window 0)", "{side} {count} 次表示窗口为 0";
    TroubleWindowProbe = "{count} {count?probe|probes} from {side} whether the window has opened", "{side}发出 {count} 个零窗口探测";
    TroubleCut = "{count} {count?payload|payloads} from {side} cut by the snap length", "{side}有 {count} 个段的数据被抓包长度截断";
    TroubleAckedUnseen = "{side} acknowledged bytes that the capture does not hold, {count} {count?time|times}", "{side} {count} 次确认了抓包中没有的字节";
    TroubleReassembled = "{count} {count?segment|segments} from {side} came in IP fragments", "{side}有 {count} 个段以 IP 分片到达";

    // Findings: what, and why.
    OneConnectionKept = "One connection carried {count} exchanges (stream {stream}); the server's Seq after each: {seqs}.", "一条连接承载了 {count} 次请求（流 {stream}）；每次之后服务器的 Seq：{seqs}。";
    OneConnectionKeptWhy = "HTTP/1.1 keeps a connection unless somebody says close; the next request saves a handshake.", "HTTP/1.1 默认保持连接，除非有人声明 close；下一个请求省去一次握手。";
    CloseEveryTime = "Short connections: {count} exchanges on {connections} connections, because every response says Connection: close.", "短连接：{connections} 条连接承载 {count} 次请求，因为每个响应都声明 Connection: close。";
    CloseEveryTimeWhy = "Whether a connection is kept is the server's choice, not the HTTP version's: this one ends it after each response.", "是否保持连接由服务器决定，与 HTTP 版本无关：这台服务器每次响应后都结束连接。";
    TimedOutAsAnnounced = "Kept alive and timed out by the server: FIN {after} after the last response, as Keep-Alive: timeout={announced} had announced.", "保持连接，由服务器超时关闭：最后一个响应之后 {after} 发 FIN，与声明的 Keep-Alive: timeout={announced} 相符。";
    TimedOutAsAnnouncedWhy = "An idle connection costs the server memory and a socket; this one says how long it waits, and keeps to it.", "空闲连接占用服务器的内存和套接字；它说明等多久，并照此执行。";
    TimedOutUnannounced = "Timed out by the server: FIN {after} after the last response; no time had been announced.", "由服务器超时关闭：最后一个响应之后 {after} 发 FIN；没有声明过时限。";
    TimedOutUnannouncedWhy = "Without an announcement the client cannot know when a request on this connection comes too late.", "没有声明，客户端无法知道何时在这条连接上发请求已经太晚。";
    TimedOutOtherwise = "Timed out by the server: FIN {after} after the last response, although Keep-Alive: timeout={announced} had been announced.", "由服务器超时关闭：最后一个响应之后 {after} 发 FIN，而声明的是 Keep-Alive: timeout={announced}。";
    TimedOutOtherwiseWhy = "The header is text; the server's timer is set elsewhere. A client that trusts the header is mistaken.", "首部只是文字；服务器的定时器另有设置。相信首部的客户端会出错。";
    AnnouncedNotEnforced = "Announced and not enforced: Keep-Alive: timeout={announced}, and after {after} the server had still not closed.", "声明了却没有执行：Keep-Alive: timeout={announced}，但 {after} 之后服务器仍未关闭。";
    AnnouncedNotEnforcedWhy = "The header is text; only the side that owns the timer ends the connection. Here it is left to the client.", "首部只是文字；只有掌握定时器的一方才能结束连接。这里留给了客户端。";
    SilentAndOpen = "No announcement, and nobody closes: no Connection or Keep-Alive field, and after {after} the server had sent no FIN.", "没有声明，也没有人关闭：没有 Connection 或 Keep-Alive 字段，{after} 之后服务器仍未发 FIN。";
    SilentAndOpenWhy = "HTTP/1.1 keeps connections without a word. In a short capture that looks like hanging; the server's timer is longer than the capture.", "HTTP/1.1 不声明也会保持连接。在短的抓包中看起来像挂起；服务器的时限比抓包长。";
    KeptWithoutTime = "Connection: keep-alive without a time, and nobody closes within {after}.", "Connection: keep-alive 没有给出时限，{after} 内没有人关闭。";
    KeptWithoutTimeWhy = "The server's idle time is longer than the capture and was not announced.", "服务器的空闲时限比抓包长，而且没有声明。";
    SpeculativeConnection = "A connection opened on speculation and never used: stream {stream}, opened within {after} of stream {other}, closed by {side}.", "预先打开而从未使用的连接：流 {stream}，与流 {other} 相隔 {after} 打开，由{side}关闭。";
    SpeculativeConnectionOpen = "A connection opened on speculation and never used: stream {stream}, opened within {after} of stream {other}, still open when the capture ended.", "预先打开而从未使用的连接：流 {stream}，与流 {other} 相隔 {after} 打开，抓包结束时仍然打开。";
    SpeculativeConnectionWhy = "Browsers open a second connection before they know whether they need it, to save the handshake.", "浏览器在知道是否需要之前就打开第二条连接，以便省去握手时间。";
    ParallelConnections = "Parallel connections: up to {most} exchanges at the same time, on {connections} connections.", "并行连接：最多同时有 {most} 个请求，分布在 {connections} 条连接上。";
    ParallelConnectionsWhy = "On one connection responses come one after the other; with several, one slow answer does not block the others (head-of-line blocking).", "一条连接上的响应只能依次到来；多条连接时，一个慢的响应不会阻塞其他请求（队头阻塞）。";
    AllNotModified = "Everything is 304 ({count} responses): the cache revalidated.", "全部是 304（{count} 个响应）：缓存在重新验证。";
    AllNotModifiedWhy = "The client had copies and sent their ETag or date with each request; the server only said that they are still good.", "客户端已有副本，每个请求都带上 ETag 或日期；服务器只回答它们仍然有效。";
    SomeNotModified = "{count} of {all} responses {count?is 304: it|are 304: those} came from the client's cache.", "{all} 个响应中有 {count} 个是 304：这些来自客户端的缓存。";
    SomeNotModifiedWhy = "A request with If-None-Match or If-Modified-Since asks only whether the copy is still good.", "带 If-None-Match 或 If-Modified-Since 的请求只问副本是否仍然有效。";
    LostRace = "A request was lost in the race with the server's idle close: {request} on stream {stream}, {after} from the server's FIN.", "一个请求在与服务器空闲关闭的竞争中丢失：流 {stream} 上的 {request}，距服务器的 FIN {after}。";
    LostRaceWhy = "The request and the FIN crossed on the way. The client cannot know whether it was served; it may repeat it only if that does no harm.", "请求与 FIN 在途中交错。客户端无法知道请求是否被处理；只有重复无害时才可以重发。";
    ResetsRefused = "{count} {count?connection|connections} refused with RST.", "{count} 条连接被 RST 拒绝。";
    ResetsRefusedWhy = "Nobody listens on that port.", "该端口没有人监听。";
    ResetsAbort = "{count} {count?connection|connections} broken off by RST with data under way or unread.", "{count} 条连接在数据进行中或未读时被 RST 中断。";
    ResetsAbortWhy = "A socket that is closed with unread bytes, or with SO_LINGER 0, sends RST; what was on its way is lost.", "套接字在有未读字节时关闭，或设置 SO_LINGER 0 关闭，会发 RST；途中的数据丢失。";
    ResetsLateData = "{count} {count?connection|connections} on which RST refused data that came after the close.", "{count} 条连接上，关闭之后到达的数据被 RST 拒绝。";
    ResetsLateDataWhy = "Its receiver had closed the socket; nobody is left to read.", "接收方已经关闭套接字；没有人再读取。";
    ResetsAnswerFin = "{count} {count?connection|connections} on which FIN was answered with RST.", "{count} 条连接上，FIN 得到的回答是 RST。";
    ResetsAnswerFinWhy = "The other side drops the connection instead of closing it; with nothing under way nothing is lost.", "另一方丢弃连接而不是关闭它；没有进行中的内容，所以没有损失。";
    ResetsHarmless = "{count} {count?connection|connections} with RST after both FINs: harmless.", "{count} 条连接在双方 FIN 之后有 RST：无害。";
    ResetsHarmlessWhy = "Both sides had said that nothing more comes.", "双方都已声明不再发送。";
    ResetsIdle = "{count} idle {count?connection|connections} ended by RST instead of FIN.", "{count} 条空闲连接以 RST 而不是 FIN 结束。";
    ResetsIdleWhy = "It is the quick way to drop a connection: no half-closed state, no TIME-WAIT.", "这是丢弃连接的快捷方式：没有半关闭状态，没有 TIME-WAIT。";
    FoundCutShort = "A response was cut short: {request} on stream {stream}, {got} of {want} bytes.", "一个响应被截断：流 {stream} 上的 {request}，{want} 字节中的 {got} 字节。";
    FoundCutShortWhy = "The length said how much was to come; the connection ended before. The client has to discard it or ask for the rest.", "长度说明了应有多少；连接提前结束。客户端必须丢弃它或请求其余部分。";
    LongHalfClosed = "Half-closed for {half}: {side} had sent FIN, and the other side took that long for its own (stream {stream}).", "半关闭 {half}：{side}已发 FIN，另一方过了这么久才发自己的 FIN（流 {stream}）。";
    LongHalfClosedWhy = "A FIN closes one direction only. Browsers often keep their side until they need the slot or are closed.", "FIN 只关闭一个方向。浏览器往往保留自己的一侧，直到需要名额或被关闭。";
    SentInPieces = "{request} left in {count} bursts of {bytes} bytes, each ended by PSH.", "{request} 分 {count} 批发出，字节数为 {bytes}，每批以 PSH 结束。";
    SentInPiecesWhy = "A burst ends where a write of the server's ends: it reads and sends the file in pieces of {piece} bytes.", "一批结束于服务器的一次写入：它以 {piece} 字节为一块读取并发送文件。";
    FoundPipelined = "{count} {count?request|requests} pipelined.", "{count} 个请求使用了流水线。";
    FoundPipelinedWhy = "The client did not wait for the response before; the responses come in the same order.", "客户端没有等待上一个响应；响应按同样的顺序到来。";
    Ranges = "{count} {count?request|requests} for a range, {partial} answered with 206.", "{count} 个请求要求范围，其中 {partial} 个得到 206。";
    RangesWhy = "Media players ask for a range, often bytes=0-, so that they can seek later.", "媒体播放器请求范围，常见的是 bytes=0-，以便之后跳转。";
    FoundNotOpened = "{count} {count?connection|connections} could not be opened.", "{count} 条连接未能建立。";
    FoundNotOpenedWhy = "The SYN was refused or nobody answered it.", "SYN 被拒绝或无人回答。";
    FoundRetransmissions = "{count} {count?segment|segments} sent again, on {connections} {connections?connection|connections}.", "{connections} 条连接上重传了 {count} 个段。";
    FoundRetransmissionsWhy = "Their acknowledgement did not come in time, or they were lost on the way.", "没有及时收到确认，或在途中丢失。";
    FoundZeroWindows = "A receiver could take no more {count} {count?time|times} (window 0), on {connections} {connections?connection|connections}.", "{connections} 条连接上，接收方 {count} 次窗口为 0。";
    FoundZeroWindowsWhy = "It does not read as fast as the other side sends; the sender has to wait.", "接收方读取比对方发送慢；发送方必须等待。";
    FoundKeepAliveProbes = "{count} TCP keep-alive {count?probe|probes}, on {connections} {connections?connection|connections}.", "{connections} 条连接上有 {count} 个 TCP 保活探测。";
    FoundKeepAliveProbesWhy = "They ask whether the other side is still there; they have nothing to do with HTTP's keep-alive, and keep no server from closing.", "它们询问对方是否还在；与 HTTP 的 keep-alive 无关，也不能阻止服务器关闭。";

    // Which server it looks like.
    LooksClear = "{server} looks like {title} (profile {profile}): {percent} of 100", "{server} 像 {title}（配置 {profile}）：100 分中得 {percent} 分";
    LooksTied = "{server} looks like {title} (profile {profile}): {percent} of 100; what was seen does not tell it from the next", "{server} 像 {title}（配置 {profile}）：100 分中得 {percent} 分；所见不足以与下一种区分";
    LooksNear = "{server} looks most like {title} (profile {profile}), and not quite: {percent} of 100", "{server} 最像 {title}（配置 {profile}），但不完全：100 分中得 {percent} 分";
    LooksNone = "{server} looks like none of the profiles; the nearest is {profile} with {percent} of 100", "{server} 不像任何一种配置；最接近的是 {profile}，100 分中得 {percent} 分";
    LooksNext = "next: {others}", "其次：{others}";
    TraitMatched = "{what}: {matched} of {of} agree", "{what}：{of} 项中 {matched} 项一致";
    TraitDiffers = "seen: {seen}; the profile: {expected}", "所见：{seen}；配置：{expected}";
    TraitServer = "Server field", "Server 字段";
    TraitHeads = "fields of the heads", "首部字段";
    TraitOrder = "order of the fields", "字段顺序";
    TraitValues = "values of the fields", "字段取值";
    TraitEtag = "form of the ETag", "ETag 的形式";
    TraitAnnouncement = "announcement of keep-alive", "keep-alive 的声明";
    TraitPersistence = "connections kept or ended", "保持或结束连接";
    TraitEnd = "time and kind of the end", "结束的时间和方式";

    // Notes.
    NoteNoTcp = "None of its frames is TCP.", "其中没有 TCP 帧。";
    NoteNoHttp = "No HTTP/1.x in {count} TCP {count?stream|streams}, as far as bytes were captured; a stream that is asked for by its number, port or address is shown all the same.", "{count} 条 TCP 流在已捕获的字节范围内都不承载 HTTP/1.x；按流编号、端口或地址指定的流仍会显示。";
    NoteNothingMatches = "Nothing of what was asked for: {count} TCP {count?stream|streams}, and none of that number, port or address.", "没有符合条件的流：共 {count} 条 TCP 流，编号、端口或地址均不相符。";
    NoteFileEnds = "The file ends in the middle of a record, at byte {byte}: what follows is from {frames} whole {frames?frame|frames}.", "文件在第 {byte} 字节处的记录中间结束：以下内容来自 {frames} 个完整的帧。";
    NoteFileDamaged = "The file cannot be read from byte {byte} on: what follows is from the {frames} {frames?frame|frames} before.", "文件从第 {byte} 字节起无法读取：以下内容来自之前的 {frames} 帧。";
    NoteLinkUnknown = "{count} {count?frame|frames} of link type {link}, which is not read.", "{count} 帧的链路类型为 {link}，不支持。";
    NoteUndecoded = "{count} {count?frame|frames} could not be decoded: cut off or malformed headers.", "{count} 帧无法解码：首部被截断或格式错误。";
    NoteFragmentsMissing = "{count} IP {count?fragment|fragments} could not be put together: others of the same datagram are missing.", "{count} 个 IP 分片无法重组：缺少同一数据报的其他分片。";
    NoteFragmentsJoined = "{count} {count?datagram|datagrams} put together from IP fragments; they count where they were complete.", "由 IP 分片重组了 {count} 个数据报；计入其完成的那一帧。";
    NotePayloadsCut = "The snap length cut {count} {count?payload|payloads}: what it cut is counted and not read.", "抓包长度截断了 {count} 个段的数据：截断部分计入长度，但无法读取。";
    NoteBytesMissing = "{count} {count?byte|bytes} were sent and acknowledged that the capture does not hold.", "有 {count} 字节已发送并被确认，但不在抓包中。";
    NoteBeginsMidway = "The capture begins in the middle of this connection.", "抓包从这条连接的中途开始。";
    NoteTooManyStreams = "{count} more TCP {count?stream|streams}, counted by their SYNs, are not told apart: the limit is {limit}.", "另有 {count} 条 TCP 流（按 SYN 计数）不再区分：上限为 {limit}。";
    NoteTooManyConnections = "{count} more {count?connection|connections} are counted and not shown: the limit is {limit}.", "另有 {count} 条连接只计数不显示：上限为 {limit}。";
    NoteTooManyExchanges = "{count} more {count?exchange|exchanges} are counted and not shown: the limit is {limit}.", "另有 {count} 次请求只计数不显示：上限为 {limit}。";
    NoteTooManyFrames = "{count} more {count?frame|frames} are counted and not listed.", "另有 {count} 帧只计数不列出。";
    NoteTooMuchBuffered = "{count} {count?byte|bytes} that came out of order were given up: too many to keep.", "放弃了 {count} 个乱序字节：太多，无法保留。";
    NoteTooManyHeads = "The heads of {count} {count?message|messages} were not kept: too many.", "{count} 条消息的首部没有保留：太多。";
    NoteNotHttp = "{count} {count?byte|bytes} from {side} are no HTTP/1.x.", "{side}有 {count} 字节不是 HTTP/1.x。";
    NoteTimeRunsBackwards = "{count} {count?frame|frames} have a time before that of the frame before.", "{count} 帧的时间早于前一帧。";
}
