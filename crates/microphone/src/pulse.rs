//! What PulseAudio, or PipeWire in its place, says by `pactl`: streams out of microphones (facts/call-sources.md, section
//! 3.3).

use crate::App;
use serde_json::Value;

/// Whether a line of `pactl subscribe` speaks of a stream that records.
pub fn is_about_recording(line: &str) -> bool {
    line.contains(" source-output #")
}

/// The programs that record, from `pactl -f json list source-outputs` and `pactl -f json list sources`. Left out: streams
/// that are held (a softphone's call on hold keeps its microphone otherwise open), meters, and what listens to a
/// loudspeaker. `None` for something else than these lists.
pub fn apps(outputs: &str, sources: &str) -> Option<Vec<App>> {
    let outputs: Value = serde_json::from_str(outputs).ok()?;
    let sources: Value = serde_json::from_str(sources).unwrap_or_default();
    let monitors: Vec<&Value> = sources
        .as_array()
        .into_iter()
        .flatten()
        .filter(|source| is_monitor(source))
        .map(|source| &source["index"])
        .collect();
    let streams = outputs.as_array()?.iter();
    let recording = streams.filter(|stream| {
        let says = |key: &str, word: &str| stream["properties"][key].as_str() == Some(word);
        stream["corked"] != true
            && !says("stream.monitor", "true")
            && !says("media.name", "Peak detect")
            && !monitors.contains(&&stream["source"])
    });
    Some(crate::merged(recording.filter_map(|stream| {
        let named = |key: &str| {
            let name = stream["properties"][key].as_str()?.trim();
            (!name.is_empty()).then(|| name.to_lowercase())
        };
        let id = named("application.process.binary").or_else(|| named("application.name"))?;
        Some(App { id, in_use: true })
    })))
}

fn is_monitor(source: &Value) -> bool {
    let name = source["name"].as_str().unwrap_or_default();
    let of = source["monitor_source"].as_str().unwrap_or_default();
    let class = source["properties"]["device.class"].as_str();
    name.ends_with(".monitor") || class == Some("monitor") || (!of.is_empty() && of != "n/a")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `pactl` 16.1 on PipeWire 0.3.65 prints it, shortened.
    fn stream(binary: &str, source: u32, more: &str) -> String {
        format!(
            "{{\"index\":50,\"source\":{source},\"corked\":false,\"mute\":false,\"properties\":{{\"media.class\":\
             \"Stream/Input/Audio\",\"application.name\":\"fakephone\",\"application.process.id\":\"4711\",\
             \"application.process.binary\":\"{binary}\"{more}}}}}"
        )
    }

    const SOURCES: &str = r#"[{"index":1,"name":"nul"},{"index":2,"name":"alsa_output.pci.monitor"},
        {"index":3,"name":"x","properties":{"device.class":"monitor"}}]"#;

    fn ids(streams: &[String]) -> Vec<String> {
        let outputs = format!("[{}]", streams.join(","));
        let apps = apps(&outputs, SOURCES).unwrap();
        apps.into_iter().map(|app| app.id).collect()
    }

    #[test]
    fn programs_are_known_by_their_file() {
        assert_eq!(
            ids(&[stream("Linphone", 1, ""), stream("pacat", 1, "")]),
            ["linphone", "pacat"]
        );
        assert_eq!(ids(&[stream("", 1, "")]), ["fakephone"], "else by their name");
    }

    #[test]
    fn meters_monitors_and_held_streams_are_no_use() {
        let held = stream("a", 1, "").replace("\"corked\":false", "\"corked\":true");
        let streams = [
            held,
            stream("b", 1, ",\"stream.monitor\":\"true\""),
            stream("c", 1, ",\"media.name\":\"Peak detect\""),
            stream("d", 2, ""),
            stream("e", 3, ""),
        ];
        assert!(ids(&streams).is_empty(), "{:?}", ids(&streams));
    }

    #[test]
    fn what_is_no_list_is_none() {
        assert_eq!(apps("", ""), None);
        assert_eq!(apps("{}", "[]"), None);
        assert_eq!(apps("[]", "no list"), Some(Vec::new()));
    }

    #[test]
    fn lines_about_recording_are_told_apart() {
        assert!(is_about_recording("Event 'new' on source-output #50"));
        assert!(!is_about_recording("Event 'change' on sink-input #12"));
        assert!(!is_about_recording("Event 'change' on source #2"));
    }
}
