//! The placeholders: what a template can ask for.
//!
//! The meanings are the table of placeholders in `profiles/reference.md`.

macro_rules! placeholders {
    ($($variant:ident = $name:literal $kind:ident, $meaning:literal;)*) => {
        /// What a template can ask for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Placeholder { $(#[doc = $meaning] $variant,)* }

        impl Placeholder {
            /// Every placeholder, with its name and its meaning.
            pub const ALL: &'static [(Placeholder, &'static str, &'static str)] = &[$((Placeholder::$variant, $name, $meaning),)*];

            /// Whether its value is a number. Numbers have separate filters.
            pub(super) fn is_number(self) -> bool {
                match self { $(Placeholder::$variant => placeholders!(@ $kind),)* }
            }

            /// Whether its value can contain a line terminator or NUL. Numbers and dates cannot, whatever the filter.
            pub(super) fn may_break_line(self) -> bool {
                !self.is_number() && !matches!(self, Self::Date | Self::LastModified)
            }
        }
    };
    (@ number) => { true };
    (@ text) => { false };
}

placeholders! {
    ConnectionFields = "connection_fields" text, "the lines of [connection.fields] that apply; must be a line of its own";
    Fields = "fields" text, "the response's `fields`; for a `head` that several responses share; must be a line of its own";
    Status = "status" number, "the status code";
    Reason = "reason" text, "the reason phrase";
    Date = "date" text, "the current time as an IMF-fixdate (RFC 9110 section 5.6.7)";
    ContentLength = "content_length" number, "the length of the body in bytes; no value if the length is not known";
    ContentType = "content_type" text, "the media type of the file, or the multipart type with its boundary; no value if the file has no type";
    ContentRange = "content_range" text, "`bytes 0-9/100` for a single range, `bytes */100` if no range can be satisfied; otherwise no value";
    LastModified = "last_modified" text, "the modification time of the file as an IMF-fixdate, see [files] mtime_rounding; no value if it is not sent";
    Etag = "etag" text, "the entity tag of the file, as defined by [files] etag";
    EtagText = "etag_text" text, "[files] etag_text, of which an entity tag may be a digest: `{etag_text:md5}`; no value outside [files] etag";
    Content = "content" text, "in [files] etag and etag_text: the content of the file, of which there are digests only: `{content:sha256}`. In etag_text also alone, if `{etag_text}` has a digest as its filter";
    Allow = "allow" text, "[methods] allow";
    Boundary = "boundary" text, "the boundary of a multipart body";
    Size = "size" number, "the size of the file in bytes";
    Mtime = "mtime" number, "the modification time of the file, in seconds since 1970; negative before";
    MtimeMs = "mtime_ms" number, "the same in milliseconds: a double-precision number, rounded to the nearest integer";
    MtimeUs = "mtime_us" number, "the same in microseconds, rounded down";
    MtimeNs = "mtime_ns" number, "the same in nanoseconds";
    MtimeIso = "mtime_iso" text, "the same in UTC as in `2023-10-31T15:31:16.361Z`, rounded down to the millisecond";
    MtimeFloat = "mtime_float" text, "the same in seconds, as the shortest decimal fraction that names the nearest double-precision number";
    Filetime = "filetime" number, "the same in units of 100 ns since 1601 (Windows FILETIME)";
    Inode = "inode" number, "the number of the file in its file system";
    Name = "name" text, "the name of the file, without its directory";
    Extension = "extension" text, "the extension of the file's name with its dot, as in `.html`; empty if it has none";
    Index = "index" text, "the name of the index file that is a directory, see [files] index_directory; otherwise no value";
    PathAdler32 = "path_adler32" number, "the Adler-32 checksum of the path of the file on this machine";
    Encoding = "encoding" text, "the content coding of the precompressed file that is sent instead, or the coding that the suffix of the name stands for in [types] codings";
    EncodingSuffix = "encoding_suffix" text, "`-` and the coding of a precompressed file that is sent instead; empty without one";
    Vary = "vary" text, "`Accept-Encoding` if the file has precompressed variants, `Cookie` if the cookie of [cookie] is replaced; otherwise no value";
    Method = "method" text, "the request method";
    Target = "target" text, "the request target as sent";
    Path = "path" text, "the path of the target as sent, without query and fragment";
    DecodedPath = "decoded_path" text, "the same, percent-decoded and with dot segments resolved";
    Query = "query" text, "the query of the target with its `?`; empty if there is none";
    Origin = "origin" text, "the scheme and authority of an absolute target; empty for any other";
    Fragment = "fragment" text, "the fragment of the target with its `#`; empty if there is none";
    Line = "line" text, "the request line";
    Version = "version" text, "the version as sent, without `HTTP/`";
    LineAtFault = "line_at_fault" text, "the line for which the request is refused";
    FieldAtFault = "field_at_fault" text, "the same, up to its colon";
    Expect = "expect" text, "the Expect field of the request";
    Text = "text" text, "the response's `text`; for a `body` that several responses share";
    Title = "title" text, "the response's `title`; for a `body` that several responses share";
    Server = "server" text, "the profile's `server`; no value if it is empty";
    TransferEncoding = "transfer_encoding" text, "`chunked` if the body is sent in chunks; otherwise no value";
    RequestMerged = "request_merged" text, "the request head, with repeated fields joined by commas";
    RunRandom = "run_random" number, "a random number of sixteen hexadecimal digits that stays the same while the server runs";
    Request = "request" text, "the request head as sent";
    Host = "host" text, "the Host field, the host of an absolute target, or the server's own address";
    Hostname = "hostname" text, "the same without the port";
    VirtualHost = "virtual_host" text, "the requested host up to a colon, in lower case, without a final dot, with any visible characters; the server's own address if the request names none";
    ColonPort = "colon_port" text, "`:` and the port of the connection's local address; empty if that is 80";
    QueryText = "query_text" text, "the query of the target with its `?`; empty if there is none or if it is a `?` alone";
    NewCookie = "new_cookie" text, "random letters and digits, if the request has the cookie of [cookie] with a value of another form; otherwise no value";
    CookieExpires = "cookie_expires" text, "when `{new_cookie}` expires, as an IMF-fixdate; no value without one";
    Padding = "padding" text, "the text of [padding] if it applies to this client; otherwise empty";
    Port = "port" number, "the port of the connection's local address";
    Remaining = "remaining" number, "how many more requests [connection] max_requests allows";
    Counter = "counter" number, "a number that grows by one with every multipart response of the server";
    Random = "random" number, "a number that differs from response to response";
}
