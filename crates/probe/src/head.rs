//! Reads single fields of the responses that servers send.

/// The value of a field of the first response in a text, by its name in lower case. Line ends may be bare LF.
pub(crate) fn field<'t>(response: &'t str, name: &str) -> Option<&'t str> {
    response
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_once(':'))
        .find(|(found, _)| found.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
}

#[cfg(test)]
mod tests {
    use super::field;

    #[test]
    fn a_field_is_found_in_the_head_only() {
        let response = "HTTP/1.1 200 OK\r\nETag:  \"a\" \r\netag: \"b\"\r\n\r\nServer: body\r\n";
        assert_eq!(field(response, "etag"), Some("\"a\""), "the first of two");
        assert_eq!(field(response, "server"), None);
        assert_eq!(field("HTTP/1.1 200 OK\nServer: x\n\nVia: y\n", "server"), Some("x"));
        assert_eq!(field("HTTP/1.1 200 OK\nServer: x\n\nVia: y\n", "via"), None);
        assert_eq!(field("", "via"), None);
    }
}
