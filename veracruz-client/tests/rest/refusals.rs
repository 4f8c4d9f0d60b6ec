//! Services that say no, each in its own way.

use veracruz_client::rest::{CcfaasClient, Error};

use crate::stand_in::{Script, StandIn, problem, response};

async fn refused(script: Script) -> Error {
    let stand_in = StandIn::start(script).await;
    CcfaasClient::new(stand_in.service()).function("vod").await.unwrap_err()
}

#[tokio::test]
async fn a_problem_is_kept_with_its_code_its_detail_and_its_faults() {
    let body = r#"{"type": "about:blank", "title": "Bad Request", "status": 400, "code": "policy-invalid",
        "detail": "the function policy breaks 1 rule(s)",
        "errors": [{"pointer": "/debug", "code": "missing-key", "detail": "expected a boolean, found nothing"}]}"#;
    let error = refused(problem("400 Bad Request", body)).await;
    assert_eq!((error.code(), error.status()), ("policy-invalid", Some(400)));
    assert_eq!(error.to_string(), "the function policy breaks 1 rule(s)");
    let kept = error.problem().unwrap();
    assert_eq!((kept.errors[0].pointer.as_str(), &*kept.errors[0].code), ("/debug", "missing-key"));
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn a_busy_service_says_when_to_come_again() {
    let body = r#"{"status": 507, "code": "no-free-port", "detail": "no internal resources available"}"#;
    let answer = format!(
        "HTTP/1.1 507 X\r\nContent-Type: application/problem+json; charset=utf-8\r\nRetry-After: 12\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let error = refused(Script::Answer(answer.into_bytes())).await;
    assert_eq!(error.problem().unwrap().retry_after, Some(12));
    assert!(error.is_retryable());
    assert!(!error.next_step().is_empty());
}

#[tokio::test]
async fn what_is_no_problem_of_ours_is_shown_bounded_and_escaped() {
    let page = format!("<html>\u{1b}[2J\u{202e}{}</html>", "x".repeat(100_000));
    let almost = response("400 Bad Request", "application/problem+json", "{\"code\": ");
    let cases = [
        (response("404 Not Found", "text/html", "<p>function vod not found</p>"), 404, "<p>function vod not found</p>"),
        (response("500 X", "text/html", &page), 500, "<html>\\u{1b}[2J\\u{202e}xxx"),
        (response("502 X", "text/plain", ""), 502, "without a word"),
        (response("400 X", "application/json", r#"{"code": "mine"}"#), 400, r#"{"code": "mine"}"#),
        (almost, 400, "{\"code\":"),
        (b"HTTP/1.1 400 X\r\nContent-Length: 3\r\n\r\n\xff\xfe\xfd".to_vec(), 400, "\u{fffd}"),
    ];
    for (answer, status, text) in cases {
        let error = refused(Script::Answer(answer)).await;
        assert_eq!((error.code(), error.status()), ("refused", Some(status)));
        let shown = error.to_string();
        assert!(shown.contains(text), "{shown}");
        assert!(shown.len() < 1000 && !shown.contains(char::is_control), "{shown}");
        assert!(error.problem().is_none());
    }
}

#[tokio::test]
async fn a_problem_cannot_write_into_a_terminal_or_pass_for_another_line() {
    let detail = format!("no\\nerror: all is lost\\u001b[2J{}", "y".repeat(50_000));
    let body = format!(
        r#"{{"status": 200, "code": "Bad Code\u001b", "detail": "{detail}",
            "errors": [{{"pointer": "\u0007/a", "code": "x y", "detail": "\r\nz"}}]}}"#
    );
    let error = refused(problem("403 Forbidden", &body)).await;
    assert_eq!((error.code(), error.status()), ("refused", Some(403)), "the status is the one that was sent");
    let shown = error.to_string();
    assert!(shown.starts_with("no\n  error: all is lost\\u{1b}[2J"), "{shown}");
    assert!(shown.len() < 10_000 && !shown.contains('\u{1b}'));
    let fault = &error.problem().unwrap().errors[0];
    assert_eq!((fault.pointer.as_str(), &*fault.code, fault.detail.as_str()), ("\\u{7}/a", "unknown", "\\r\\nz"));
}

#[tokio::test]
async fn faults_without_number_are_cut() {
    let fault = r#"{"pointer": "/a", "code": "c", "detail": "d"}"#;
    let body = format!(r#"{{"status": 400, "code": "c", "errors": [{}]}}"#, vec![fault; 5000].join(","));
    let error = refused(problem("400 Bad Request", &body)).await;
    assert_eq!(error.problem().unwrap().errors.len(), 100);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let mut other = StandIn::json("{}").await;
    let answer = format!("HTTP/1.1 307 X\r\nLocation: http://127.0.0.1:{}/\r\nContent-Length: 0\r\n\r\n", other.port);
    let error = refused(Script::Answer(answer.into_bytes())).await;
    assert_eq!((error.code(), error.status()), ("refused", Some(307)));
    assert!(error.next_step().contains("moved"));
    assert!(!other.was_asked());
}
