use super::*;

fn value(xml: &str) -> Result<Value, XmlError> {
    let whole = format!("<methodResponse><params><param>{xml}</param></params></methodResponse>");
    match parse(whole.as_bytes())? {
        Response::Value(value) => Ok(value),
        Response::Fault(_) => Err(XmlError::NotXmlRpc),
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// facts/starface.md section 1.8
#[test]
fn the_samples_of_the_sheet() {
    let sent = call(
        "ucp.v30.requests.userState.setDoNotDisturbSetting",
        &[Value::Bool(true)],
    );
    assert!(sent.ends_with(
        "<methodCall><methodName>ucp.v30.requests.userState.setDoNotDisturbSetting</methodName>\
         <params><param><value><boolean>1</boolean></value></param></params></methodCall>"
    ));
    let yes = "<?xml version=\"1.0\"?>\n<methodResponse><params><param><value><boolean>1</boolean></value></param></params></methodResponse>";
    assert_eq!(parse(yes.as_bytes()), Ok(Response::Value(Value::Bool(true))));
    let state = "<?xml version=\"1.0\"?>
<methodResponse><params><param><value><struct>
<member><name>id</name><value>6b1f…</value></member>
<member><name>state</name><value>CONNECTED</value></member>
<member><name>timestamp</name><value><dateTime.iso8601>20260115T09:00:00</dateTime.iso8601></value></member>
<member><name>callerNumber</name><value></value></member>
<member><name>calledNumber</name><value>12</value></member>
</struct></value></param></params></methodResponse>";
    let Ok(Response::Value(state)) = parse(state.as_bytes()) else {
        panic!("no value");
    };
    assert_eq!(state.member("state"), Some(&text("CONNECTED")));
    assert_eq!(state.member("callerNumber"), Some(&text("")));
    assert_eq!(state.member("calledNumber").and_then(Value::text), Some("12"));
    let fault = "<?xml version=\"1.0\"?>
<methodResponse><fault><value><struct>
<member><name>faultCode</name><value><int>0</int></value></member>
<member><name>faultString</name><value>No such handler: ucp.v30.x</value></member>
</struct></value></fault></methodResponse>";
    assert_eq!(
        parse(fault.as_bytes()),
        Ok(Response::Fault("No such handler: ucp.v30.x".to_owned()))
    );
}

#[test]
fn what_the_field_sends_is_tolerated() {
    for (xml, wanted) in [
        ("<value>plain</value>", text("plain")),
        ("<value/>", text("")),
        (
            "<value> <string>a &amp; b &#228;<![CDATA[<c>]]></string> </value>",
            text("a & b ä<c>"),
        ),
        ("<value><i4>-7</i4></value>", Value::Int(-7)),
        ("<value><int> 7 </int></value>", Value::Int(7)),
        ("<value><nil/></value>", Value::Nil),
        ("<value><ex:nil xmlns:ex=\"x\"/></value>", Value::Nil),
        ("<value><array><data/></array></value>", Value::Array(vec![])),
        (
            "<value><array><data><value>a</value> <value><boolean>0</boolean></value></data></array></value>",
            Value::Array(vec![text("a"), Value::Bool(false)]),
        ),
        (
            "<value><!-- no --><struct></struct></value>",
            Value::Struct(BTreeMap::new()),
        ),
    ] {
        assert_eq!(value(xml), Ok(wanted), "{xml}");
    }
    // A method without a value.
    let nothing = b"\xef\xbb\xbf<methodResponse><params></params></methodResponse>";
    assert_eq!(parse(nothing), Ok(Response::Value(Value::Nil)));
    assert!(Value::Nil.is_yes() && !Value::Bool(false).is_yes());
}

#[test]
fn document_types_and_entities_are_refused() {
    let bomb = "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>\
        <methodResponse><params><param><value>&x;</value></param></params></methodResponse>";
    assert_eq!(parse(bomb.as_bytes()), Err(XmlError::DocumentType));
    let laughs = "<!DOCTYPE a [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]><methodResponse/>";
    assert_eq!(parse(laughs.as_bytes()), Err(XmlError::DocumentType));
    assert_eq!(value("<value>&x;</value>"), Err(XmlError::Entity));
    // Later than at the start as well.
    let late = "<methodResponse><params><!DOCTYPE a></params></methodResponse>";
    assert!(matches!(
        parse(late.as_bytes()),
        Err(XmlError::DocumentType | XmlError::NotXml)
    ));
}

#[test]
fn depth_and_number_are_bounded() {
    let deep = |levels: usize| {
        let (open, close) = (
            "<value><array><data>".repeat(levels),
            "</data></array></value>".repeat(levels),
        );
        value(&format!("{open}{close}"))
    };
    assert!(deep(20).is_ok());
    assert_eq!(deep(5_000), Err(XmlError::TooMuch));
    let many = format!(
        "<value><array><data>{}</data></array></value>",
        "<value/>".repeat(30_000)
    );
    assert_eq!(value(&many), Err(XmlError::TooMuch));
}

#[test]
fn other_things_are_no_answer() {
    for odd in [
        "",
        "OK",
        "<html><body>503</body></html>",
        "<methodCall/>",
        "<methodResponse>",
        "<methodResponse><params><param><value>a</param></params></methodResponse>",
        "<methodResponse><params><param><value><float>1</float></value></param></params></methodResponse>",
        "<methodResponse><params><param><value><boolean>yes</boolean></value></param></params></methodResponse>",
        "<methodResponse><params><param><value>a<int>1</int></value></param></params></methodResponse>",
        "<methodResponse><params><param><value>a</value></param>",
    ] {
        assert!(parse(odd.as_bytes()).is_err(), "{odd}");
    }
    assert_eq!(parse(&[0xff, 0xfe]), Err(XmlError::NotXml));
}

#[test]
fn what_is_written_is_read_back() {
    let odd = text("a<b>&\"'\r\n\tÄ ]]> 😀");
    let all = Value::Array(vec![
        odd.clone(),
        Value::Nil,
        Value::Int(-3),
        Value::Bool(true),
        Value::Struct(BTreeMap::from([("näme".to_owned(), odd)])),
    ]);
    let sent = call("m", std::slice::from_ref(&all));
    let start = sent.find("<params>").unwrap_or_default();
    let answer = sent[start..].replace("</methodCall>", "</methodResponse>");
    assert_eq!(
        parse(format!("<methodResponse>{answer}").as_bytes()),
        Ok(Response::Value(all))
    );
    assert!(!call("m", &[text("a\u{0}b\u{b}")]).contains('\u{0}'));
}

proptest::proptest! {
    #[test]
    fn no_bytes_break_the_reader(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
        let _any = parse(&bytes);
    }

    #[test]
    fn no_tags_break_the_reader(tags in "(<(/?)(methodResponse|params|param|value|struct|member|name|array|data|int|fault)>|a|&amp;){0,60}") {
        let _any = parse(format!("<methodResponse>{tags}").as_bytes());
    }
}
