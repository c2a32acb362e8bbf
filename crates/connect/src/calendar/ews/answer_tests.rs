//! Envelopes as learn.microsoft.com and [MS-OXWSSRCH] print them, with other people in them.

use super::*;

const HOST: &str = "mail.example.com";

fn berlin() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap()
}

fn envelope(body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\">\
         <s:Header><h:ServerVersionInfo MajorVersion=\"15\" MinorVersion=\"1\" MajorBuildNumber=\"2507\" \
         MinorBuildNumber=\"39\" Version=\"V2017_07_11\" \
         xmlns:h=\"http://schemas.microsoft.com/exchange/services/2006/types\"/></s:Header>\
         <s:Body xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">{body}</s:Body></s:Envelope>"
    )
}

fn found(items: &str, more: bool) -> String {
    envelope(&format!(
        "<m:FindItemResponse xmlns:m=\"http://schemas.microsoft.com/exchange/services/2006/messages\" \
         xmlns:t=\"http://schemas.microsoft.com/exchange/services/2006/types\"><m:ResponseMessages>\
         <m:FindItemResponseMessage ResponseClass=\"Success\"><m:ResponseCode>NoError</m:ResponseCode>\
         <m:RootFolder TotalItemsInView=\"1\" IncludesLastItemInRange=\"{}\"><t:Items>{items}</t:Items></m:RootFolder>\
         </m:FindItemResponseMessage></m:ResponseMessages></m:FindItemResponse>",
        !more
    ))
}

fn item(change: &[(&str, &str)]) -> String {
    let mut members = vec![
        ("Subject", "Talk &amp; walk &#8211; &lt;DND&gt; (DND)"),
        ("Sensitivity", "Normal"),
        ("Start", "2026-01-15T09:00:00Z"),
        ("End", "2026-01-15T10:00:00Z"),
        ("IsAllDayEvent", "false"),
        ("LegacyFreeBusyStatus", "Busy"),
        ("IsCancelled", "false"),
        ("CalendarItemType", "Single"),
        ("MyResponseType", "Organizer"),
    ];
    for (name, value) in change {
        members.retain(|(known, _)| known != name);
        members.push((name, value));
    }
    let members: String = members
        .iter()
        .map(|(name, value)| match *name {
            "StartTimeZone" => format!("<t:StartTimeZone Name=\"x\" Id=\"{value}\"/>"),
            name => format!("<t:{name}>{value}</t:{name}>"),
        })
        .collect();
    format!("<t:CalendarItem><t:ItemId Id=\"AAMkAD1=\" ChangeKey=\"DwAA\"/>{members}</t:CalendarItem>")
}

fn read(text: &str) -> Result<Answer, Error> {
    parse(text.as_bytes(), HOST, &berlin())
}

fn one(change: &[(&str, &str)]) -> Option<Appointment> {
    let answer = read(&found(&item(change), false)).unwrap();
    let Answer::Occurrences {
        mut read,
        whole: true,
        ..
    } = answer
    else {
        panic!("not whole, or refused");
    };
    read.pop()
}

#[test]
fn an_occurrence_is_read_whole() {
    let read = one(&[]).unwrap();
    assert_eq!(read.id.as_str(), "AAMkAD1=");
    assert_eq!(read.subject, "Talk & walk \u{2013} <DND> (DND)");
    assert_eq!(
        read.span,
        Span::Timed {
            start: "2026-01-15T09:00:00Z".parse().unwrap(),
            end: "2026-01-15T10:00:00Z".parse().unwrap(),
        }
    );
    assert!(!read.cancelled && !read.draft);
    // With an offset it is the same moment.
    let elsewhere = one(&[("Start", "2026-01-15T10:00:00+01:00")]).unwrap();
    assert_eq!(elsewhere.span, read.span);
}

#[test]
fn every_word_of_the_schema_is_read_and_unknown_ones_are_kept_or_taken_for_secret() {
    for (word, kind) in [
        ("Free", ShowAs::Free),
        ("Tentative", ShowAs::Tentative),
        ("Busy", ShowAs::Busy),
        ("OOF", ShowAs::OutOfOffice),
        ("WorkingElsewhere", ShowAs::WorkingElsewhere),
    ] {
        assert_eq!(one(&[("LegacyFreeBusyStatus", word)]).unwrap().show_as, kind);
    }
    let unknown = one(&[("LegacyFreeBusyStatus", "NoData")]).unwrap();
    assert_eq!(unknown.show_as.name(), "NoData");
    for (word, sensitivity) in [
        ("Normal", Sensitivity::Normal),
        ("Personal", Sensitivity::Personal),
        ("Private", Sensitivity::Private),
        ("Confidential", Sensitivity::Confidential),
        ("EyesOnly", Sensitivity::Private),
    ] {
        assert_eq!(one(&[("Sensitivity", word)]).unwrap().sensitivity, sensitivity);
    }
    for (word, answer) in [
        ("Unknown", Reply::None),
        ("Organizer", Reply::Organizer),
        ("Tentative", Reply::TentativelyAccepted),
        ("Accept", Reply::Accepted),
        ("Decline", Reply::Declined),
        ("NoResponseReceived", Reply::NotResponded),
    ] {
        assert_eq!(one(&[("MyResponseType", word)]).unwrap().answer, answer);
    }
    assert!(one(&[("IsCancelled", "true")]).unwrap().cancelled);
    for kind in ["Single", "Occurrence", "Exception"] {
        assert!(one(&[("CalendarItemType", kind)]).is_some(), "{kind}");
    }
    assert_eq!(one(&[("CalendarItemType", "RecurringMaster")]), None);
}

#[test]
fn whole_days_are_the_days_of_whoever_made_them() {
    let day = |start: &str, end: &str, zone: Option<&str>| {
        let mut change = vec![("IsAllDayEvent", "true"), ("Start", start), ("End", end)];
        change.extend(zone.map(|zone| ("StartTimeZone", zone)));
        match one(&change).unwrap().span {
            Span::AllDay { first, until } => (first.to_string(), until.to_string()),
            Span::Timed { .. } => panic!("timed"),
        }
    };
    let wanted = ("2026-07-15".to_owned(), "2026-07-16".to_owned());
    for (start, end, zone) in [
        (
            "2026-07-14T22:00:00Z",
            "2026-07-15T22:00:00Z",
            Some("W. Europe Standard Time"),
        ),
        (
            "2026-07-15T07:00:00Z",
            "2026-07-16T07:00:00Z",
            Some("Pacific Standard Time"),
        ),
        ("2026-07-14T11:00:00Z", "2026-07-15T11:00:00Z", Some("UTC+13")),
        (
            "2026-07-14T10:00:00Z",
            "2026-07-15T10:00:00Z",
            Some("Line Islands Standard Time"),
        ),
        (
            "2026-07-15T00:00:00Z",
            "2026-07-16T00:00:00Z",
            Some("tzone://Microsoft/Utc"),
        ),
        // Nothing is told: the person's own midnight, then the nearest one of UTC.
        ("2026-07-14T22:00:00Z", "2026-07-15T22:00:00Z", None),
        ("2026-07-15T00:00:00Z", "2026-07-16T00:00:00Z", None),
        ("2026-07-15T07:00:00Z", "2026-07-16T07:00:00Z", None),
        // A zone that nobody knows is as good as none.
        (
            "2026-07-14T22:00:00Z",
            "2026-07-15T22:00:00Z",
            Some("tzone://Microsoft/Custom"),
        ),
        // Made before the clocks were set: an hour beside midnight.
        (
            "2026-07-14T23:00:00Z",
            "2026-07-15T23:00:00Z",
            Some("W. Europe Standard Time"),
        ),
        // An end that is its begin still has the day.
        ("2026-07-14T22:00:00Z", "2026-07-14T22:00:00Z", None),
    ] {
        assert_eq!(day(start, end, zone), wanted, "{start} {zone:?}");
    }
    let long = day(
        "2026-03-27T23:00:00Z",
        "2026-03-29T22:00:00Z",
        Some("W. Europe Standard Time"),
    );
    assert_eq!(
        long,
        ("2026-03-28".into(), "2026-03-30".into()),
        "over the change of clocks"
    );
}

#[test]
fn a_window_is_whole_only_where_exchange_says_so() {
    let whole = |text: &str| matches!(read(text), Ok(Answer::Occurrences { whole: true, .. }));
    assert!(whole(&found("", false)) && whole(&found(&item(&[]), false)));
    assert!(!whole(&found(&item(&[]), true)));
    let full: String = (0..MOST).map(|_| item(&[])).collect();
    assert!(!whole(&found(&full, false)), "as many as were asked for");
}

#[test]
fn an_odd_item_is_left_out_and_counted() {
    let odd = [
        item(&[("Start", "soon")]),
        item(&[("End", "2026-01-15T10:00:00")]),
        item(&[]).replace("<t:ItemId Id=\"AAMkAD1=\" ChangeKey=\"DwAA\"/>", ""),
        "<t:Message><t:ItemId Id=\"a\"/></t:Message>".to_owned(),
        item(&[]).replace("t:Start>", "m:Start>"),
    ];
    for odd in odd {
        let answer = read(&found(&format!("{}{odd}", item(&[])), false)).unwrap();
        let Answer::Occurrences { read, left_out, .. } = answer else {
            panic!("refused");
        };
        assert_eq!((read.len(), left_out), (1, 1), "{odd}");
    }
    let long = one(&[("Subject", &"x".repeat(5000))]).unwrap();
    assert_eq!(long.subject.len(), SUBJECT);
    let bare = one(&[("Subject", "")]).unwrap();
    assert_eq!(bare.subject, "");
}

fn fault(code: &str, detail: &str) -> String {
    envelope(&format!(
        "<s:Fault><faultcode xmlns:a=\"http://schemas.microsoft.com/exchange/services/2006/types\">a:{code}</faultcode>\
         <faultstring xml:lang=\"en-US\">Something about ada@example.com.</faultstring><detail>{detail}</detail></s:Fault>"
    ))
}

fn response(code: &str, more: &str) -> String {
    envelope(&format!(
        "<m:FindItemResponse xmlns:m=\"http://schemas.microsoft.com/exchange/services/2006/messages\" \
         xmlns:t=\"http://schemas.microsoft.com/exchange/services/2006/types\"><m:ResponseMessages>\
         <m:FindItemResponseMessage ResponseClass=\"Error\"><m:MessageText>Something.</m:MessageText>\
         <m:ResponseCode>{code}</m:ResponseCode><m:DescriptiveLinkKey>0</m:DescriptiveLinkKey>{more}\
         </m:FindItemResponseMessage></m:ResponseMessages></m:FindItemResponse>"
    ))
}

#[test]
fn a_refusal_is_told_by_exchanges_own_word() {
    let host = || HOST.to_owned();
    let wait = "<t:MessageXml xmlns:t=\"http://schemas.microsoft.com/exchange/services/2006/types\">\
                <t:Value Name=\"BackOffMilliseconds\">297749</t:Value></t:MessageXml>";
    let patience = Error::Busy {
        host: host(),
        wait: Some(Duration::from_millis(297_749)),
    };
    let told = "<e:ResponseCode xmlns:e=\"http://schemas.microsoft.com/exchange/services/2006/errors\">ErrorServerBusy\
                </e:ResponseCode>";
    assert_eq!(
        read(&fault("ErrorServerBusy", &format!("{told}{wait}"))),
        Err(patience.clone())
    );
    assert_eq!(
        read(&fault("Server", &format!("{told}{wait}"))),
        Err(patience.clone())
    );
    assert_eq!(
        read(&response(
            "ErrorServerBusy",
            "<m:MessageXml><t:Value Name=\"BackOffMilliseconds\">297749</t:Value></m:MessageXml>"
        )),
        Err(patience)
    );
    let long = wait.replace("297749", "99999999999");
    assert_eq!(
        read(&fault("ErrorServerBusy", &long)),
        Err(Error::Busy {
            host: host(),
            wait: Some(LONGEST_WAIT)
        })
    );
    for (word, error) in [
        (
            "ErrorServerBusy",
            Error::Busy {
                host: host(),
                wait: None,
            },
        ),
        (
            "ErrorAccessDenied",
            Error::NotPermitted("ErrorAccessDenied".into()),
        ),
        (
            "ErrorNonExistentMailbox",
            Error::Refused("ErrorNonExistentMailbox".into()),
        ),
        ("ErrorMailboxStoreUnavailable", Error::Ailing(host())),
        ("Error with ada@example.com", Error::NotExchange(host())),
        ("", Error::NotExchange(host())),
    ] {
        assert_eq!(read(&fault(word, "")), Err(error.clone()), "{word}");
        assert_eq!(read(&response(word, "")), Err(error), "{word}");
    }
    for word in ["ErrorInvalidServerVersion", "ErrorSchemaValidation"] {
        assert_eq!(read(&fault(word, "")), Ok(Answer::OlderSchema));
    }
    assert_eq!(
        read(&response("ErrorExceededFindCountLimit", "")),
        Ok(Answer::TooMany)
    );
}

#[test]
fn what_is_no_answer_of_exchange_is_none() {
    let good = found(&item(&[]), false);
    let odd = [
        String::new(),
        "<html><body>Sign in</body></html>".to_owned(),
        good.replace("soap/envelope/", "soap/envelope"),
        good.replace("2006/messages", "2007/messages"),
        good.replace("<m:ResponseCode>NoError</m:ResponseCode>", ""),
        good.replace(" ResponseClass=\"Success\"", ""),
        good.replace("m:RootFolder", "m:Root"),
        good.get(..good.len() - 3).unwrap().to_owned(),
        format!("{good}{good}"),
        good.replace(
            "<s:Envelope",
            "<!DOCTYPE s [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><s:Envelope",
        ),
        good.replace("Talk", "&x;"),
        format!("{}{}", "<a>".repeat(100), "</a>".repeat(100)),
    ];
    for odd in odd {
        assert_eq!(read(&odd), Err(Error::NotExchange(HOST.into())), "{odd}");
    }
    assert!(parse(&[0xff, 0xfe], HOST, &berlin()).is_err());
}
