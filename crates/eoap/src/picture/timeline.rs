//! The course of a job as a picture: a row for each step that the server reported.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::DateTime;

use super::Picture;
use crate::{
    display::{Align, Table},
    draw::{
        scale::{Scale, multiples, short, time_step},
        svg::{Anchor, Shape, Svg, fitted, text_width},
        theme::{LINE, MARGIN, Paint, WIDTH},
    },
    ogc::{
        Wait,
        documents::status::{Status, StatusInfo},
    },
};

/// Where the bars begin. Left of them is text.
const LEFT: f64 = 260.0;
/// Height of a row.
const ROW: f64 = 24.0;
/// More rows than this are cut in the middle.
const ROWS: usize = 24;

/// The course of a job: the statuses that were seen, in their order. Cheap to clone. All clones are the same
/// timeline, so one can be passed on to be filled, and another shown later.
///
/// Times are the server's own (`updated`, else `finished`, `started` or `created`), not those of the
/// requests. If a server sends no times, the answers are counted.
///
/// ```no_run
/// # async fn run(job: eoap::Job) -> Result<(), eoap::Error> {
/// let timeline = eoap::Timeline::new();
/// job.wait().timeline(&timeline).await?;
/// println!("{}", timeline.picture());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Timeline {
    seen: Arc<Mutex<Vec<StatusInfo>>>,
}

impl Wait {
    /// Records each status, including the last one, to be examined later.
    pub fn timeline(self, timeline: &Timeline) -> Self {
        let timeline = timeline.clone();
        self.recorded(Box::new(move |status| timeline.record(status)))
    }
}

impl Timeline {
    /// A timeline without statuses.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a status. [`Wait::timeline`](crate::Wait::timeline) does it for each answer.
    pub fn record(&self, status: &StatusInfo) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(status.clone());
    }

    /// The statuses that were seen.
    pub fn statuses(&self) -> Vec<StatusInfo> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The timeline as a picture.
    pub fn picture(&self) -> Picture {
        let statuses = self.statuses();
        let steps = steps(&statuses);
        let Some(last) = statuses.last() else { return nothing() };
        let end = steps.last().map_or(0.0, |step| step.end);
        let is_timed = statuses.iter().any(|status| time(status).is_some());
        let after = if is_timed && end > 0.0 { format!(" after {}", duration(end)) } else { String::new() };
        Chart { job: last.id().map(str::to_owned), state: format!("{}{after}", last.status), steps, end, is_timed }.picture()
    }

    /// Shows the timeline in a notebook, and its text.
    pub fn evcxr_display(&self) {
        self.picture().evcxr_display();
    }
}

impl FromIterator<StatusInfo> for Timeline {
    fn from_iter<I: IntoIterator<Item = StatusInfo>>(statuses: I) -> Self {
        Self { seen: Arc::new(Mutex::new(statuses.into_iter().collect())) }
    }
}

impl fmt::Debug for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timeline").field("seen", &self.statuses().len()).finish()
    }
}

/// Answers in a row that say the same, progress apart.
#[derive(Debug)]
struct Step {
    status: Status,
    message: String,
    /// Progress in percent, at first and at last.
    progress: Option<(f64, f64)>,
    /// Seconds from the job's beginning. Without times, the number of the answer.
    start: f64,
    end: f64,
    answers: usize,
}

/// The last time in a status, in seconds.
fn time(status: &StatusInfo) -> Option<f64> {
    let times = [&status.updated, &status.finished, &status.started, &status.created];
    times.into_iter().find_map(|time| seconds(time.as_deref()))
}

fn seconds(time: Option<&str>) -> Option<f64> {
    let time = DateTime::parse_from_rfc3339(time?).ok()?;
    Some(time.timestamp_micros() as f64 / 1e6)
}

fn steps(statuses: &[StatusInfo]) -> Vec<Step> {
    let is_timed = statuses.iter().any(|status| time(status).is_some());
    let created = statuses.iter().find_map(|status| seconds(status.created.as_deref()));
    let zero = created.into_iter().chain(statuses.iter().find_map(time)).fold(f64::INFINITY, f64::min);
    let mut steps: Vec<Step> = Vec::new();
    if let (Some(created), Some(first)) = (created, statuses.first().and_then(time))
        && first > created
    {
        let message = "created".to_owned();
        let (start, end) = (created - zero, first - zero);
        steps.push(Step { status: Status::Accepted, message, progress: None, start, end, answers: 0 });
    }
    for (index, status) in statuses.iter().enumerate() {
        let before = steps.last().map_or(0.0, |step| step.end);
        let at = if is_timed { time(status).map_or(before, |time| time - zero) } else { index as f64 };
        // If a clock goes backwards, or differs, a step still has no negative length.
        let at = at.max(before);
        let end = if status.status.is_finished() {
            seconds(status.finished.as_deref()).map_or(at, |end| (end - zero).max(at))
        } else {
            at
        };
        if let Some(step) = steps.last_mut() {
            step.end = at;
        }
        let message = status.message.as_deref().map(str::trim).filter(|message| !message.is_empty());
        let message = message.unwrap_or(status.status.as_str()).to_owned();
        let progress = status.progress().filter(|progress| progress.is_finite());
        match steps.last_mut().filter(|step| step.answers > 0 && step.status == status.status && step.message == message) {
            Some(step) => {
                step.answers += 1;
                step.end = end;
                step.progress =
                    step.progress.map(|(first, last)| (first, progress.unwrap_or(last))).or(progress.map(|one| (one, one)));
            }
            None => {
                let progress = progress.map(|progress| (progress, progress));
                steps.push(Step { status: status.status.clone(), message, progress, start: at, end, answers: 1 });
            }
        }
    }
    steps
}

fn nothing() -> Picture {
    let text = "timeline: nothing was seen of the job";
    let mut svg = Svg::new(WIDTH, 3.0 * LINE + 2.0 * MARGIN, "Timeline", text);
    let y = svg.heading(MARGIN, MARGIN, "Timeline");
    svg.text(MARGIN, y + LINE, Anchor::Start, Paint::Quiet, "Nothing was seen of the job.");
    Picture::new(svg.finish(), text.to_owned())
}

/// A timeline that is being drawn.
struct Chart {
    job: Option<String>,
    /// State of the job, and when it was seen.
    state: String,
    steps: Vec<Step>,
    end: f64,
    is_timed: bool,
}

impl Chart {
    fn picture(&self) -> Picture {
        let text = self.text();
        let heading = format!("Job {}", self.state);
        let top = MARGIN + LINE + 12.0 + if self.job.is_some() { LINE } else { 0.0 };
        let rows = self.rows();
        let bottom = top + rows.len() as f64 * ROW;
        let mut svg = Svg::new(WIDTH, bottom + LINE + MARGIN, &heading, &text);
        let line = svg.heading(MARGIN, MARGIN, &heading);
        if let Some(job) = &self.job {
            svg.text(MARGIN, line + 4.0, Anchor::Start, Paint::Quiet, &fitted(job, WIDTH - 2.0 * MARGIN));
        }
        let scale = Scale::new((0.0, self.end.max(f64::MIN_POSITIVE)), (LEFT, WIDTH - MARGIN - 10.0));
        let step = if self.is_timed { time_step(self.end, 4.0) } else { (self.end / 5.0).ceil().max(1.0) };
        let mut free = f64::NEG_INFINITY;
        for value in multiples(0.0, self.end, step) {
            let x = scale.place(value);
            svg.draw(Shape::line((x, top), (x, bottom)).stroke(Paint::Line, 1.0));
            let label = if self.is_timed { duration(value) } else { format!("{}", value + 1.0) };
            let half = text_width(&label) / 2.0;
            if x - half > free && x + half < WIDTH {
                svg.text(x, bottom + LINE - 3.0, Anchor::Middle, Paint::Quiet, &label);
                free = x + half + 4.0;
            }
        }
        for (row, step) in rows.into_iter().enumerate() {
            let y = top + row as f64 * ROW;
            match step {
                Some(step) => self.step(&mut svg, step, y, scale),
                None => {
                    let cut = format!("… {} more steps …", self.steps.len() - ROWS);
                    svg.text(MARGIN + 48.0, y + 16.0, Anchor::Start, Paint::Quiet, &cut);
                }
            }
        }
        Picture::new(svg.finish(), text)
    }

    fn step(&self, svg: &mut Svg, step: &Step, y: f64, scale: Scale) {
        let paint = step.status.paint();
        svg.text(MARGIN + 40.0, y + 16.0, Anchor::End, Paint::Quiet, &step.progress());
        let words = fitted(&step.message, LEFT - MARGIN - 48.0 - 14.0);
        svg.text(MARGIN + 48.0, y + 16.0, Anchor::Start, Paint::Text, &words);
        let (left, right) = (scale.place(step.start), scale.place(step.end));
        let name = format!("{}: {}", step.status, step.message);
        if step.status.is_finished() {
            svg.draw_named(Shape::circle(right, y + 12.0, 5.5).fill(paint), &name);
        } else {
            svg.draw_named(Shape::rect(left, y + 6.0, (right - left).max(2.0), 12.0).set("rx", 2).fill(paint), &name);
        }
    }

    /// The steps to show. `None` marks the gap if the middle is cut out.
    fn rows(&self) -> Vec<Option<&Step>> {
        if self.steps.len() <= ROWS + 1 {
            return self.steps.iter().map(Some).collect();
        }
        let half = ROWS / 2;
        let (head, tail) = (&self.steps[..half], &self.steps[self.steps.len() - half..]);
        head.iter().map(Some).chain([None]).chain(tail.iter().map(Some)).collect()
    }

    fn text(&self) -> String {
        let at = if self.is_timed { "after" } else { "answer" };
        let columns = [
            (at, Align::Right),
            ("for", Align::Right),
            ("status", Align::Left),
            ("progress", Align::Right),
            ("answers", Align::Right),
            ("message", Align::Left),
        ];
        let mut table = Table::new(columns);
        for step in &self.steps {
            let start = if self.is_timed { duration(step.start) } else { format!("{}", step.start + 1.0) };
            let length =
                if self.is_timed && !step.status.is_finished() { duration(step.end - step.start) } else { String::new() };
            table.row([start, length, step.status.to_string(), step.progress(), step.answers.to_string(), step.message.clone()]);
        }
        let job = self.job.as_ref().map(|job| format!(" {job}")).unwrap_or_default();
        format!("Job{job}: {}\n{}", self.state, table.to_text())
    }
}

impl Step {
    fn progress(&self) -> String {
        match self.progress {
            Some((first, last)) if first != last => format!("{}–{} %", short(first), short(last)),
            Some((only, _)) => format!("{} %", short(only)),
            None => String::new(),
        }
    }
}

/// A time as people say it, in at most two units.
fn duration(seconds: f64) -> String {
    let two = |large: f64, unit: &str, small: f64, smaller: &str| {
        if small > 0.0 { format!("{large} {unit} {small} {smaller}") } else { format!("{large} {unit}") }
    };
    let whole = seconds.round();
    if seconds == 0.0 {
        "0 s".to_owned()
    } else if seconds < 9.95 {
        format!("{} s", short((seconds * 10.0).round() / 10.0))
    } else if whole < 60.0 {
        format!("{whole} s")
    } else if whole < 3600.0 {
        two((whole / 60.0).floor(), "min", whole % 60.0, "s")
    } else if whole < 86400.0 {
        two((whole / 3600.0).floor(), "h", (whole % 3600.0 / 60.0).floor(), "min")
    } else {
        two((whole / 86400.0).floor(), "d", (whole % 86400.0 / 3600.0).floor(), "h")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn timeline(statuses: serde_json::Value) -> Timeline {
        serde_json::from_value::<Vec<StatusInfo>>(statuses).expect("statuses").into_iter().collect()
    }

    #[test]
    fn a_run_as_it_is_documented() {
        let running = |progress, message, second| {
            json!({"jobID": "j1", "status": "running", "progress": progress, "message": message,
                "created": "2025-08-20T13:41:42Z", "updated": format!("2025-08-20T13:{second}Z")})
        };
        let run = timeline(json!([
            running(3, "Pre-execution hook", "41:43"), running(23, "execution submitted", "41:58"), running(40, "execution submitted", "41:58"),
            running(90, "delivering outputs", "42:59.6"),
            {"jobID": "j1", "status": "successful", "message": "done", "updated": "2025-08-20T13:43:04Z", "finished": "2025-08-20T13:43:05Z"}
        ]));
        let picture = run.picture();
        let text = picture.to_string();
        assert!(text.starts_with("Job j1: successful after 1 min 23 s\n"), "{text}");
        assert!(text.contains("23–40 %        2  execution submitted"), "{text}");
        assert!(picture.svg().contains("execution submitted") && picture.svg().contains("<circle"));
    }

    #[test]
    fn servers_without_times_and_clocks_that_go_backwards() {
        let text =
            timeline(json!([{"status": "accepted"}, {"status": "running"}, {"status": "failed", "message": "<no> \u{1}"}]))
                .picture();
        assert!(text.to_string().starts_with("Job: failed\nanswer  for  status"), "{text}");
        assert!(!text.svg().contains("<no>") && !text.svg().contains('\u{1}'));
        let backwards = timeline(json!([
            {"status": "running", "updated": "2025-08-20T13:41:43Z"}, {"status": "paused", "updated": "2025-08-20T10:00:00Z"},
            {"status": "running", "updated": "soon"}
        ]));
        assert!(!backwards.picture().svg().contains("=\"-"), "{}", backwards.picture().svg());
        assert_eq!(Timeline::new().picture().to_string(), "timeline: nothing was seen of the job");
    }

    #[test]
    fn long_histories_are_cut_in_the_middle_of_the_picture_only() {
        let run = timeline((0..100).map(|index| json!({"status": "running", "message": format!("step {index}")})).collect());
        let picture = run.picture();
        assert!(picture.svg().contains("… 76 more steps …") && !picture.svg().contains(">step 50<"));
        assert!(picture.to_string().contains("step 50"));
    }

    #[test]
    fn times_as_people_say_them() {
        let said = [0.0, 0.52, 9.98, 59.4, 60.0, 82.0, 3600.0, 7500.0, 90_000.0].map(duration);
        assert_eq!(said, ["0 s", "0.5 s", "10 s", "59 s", "1 min", "1 min 22 s", "1 h", "2 h 5 min", "1 d 1 h"]);
    }
}
