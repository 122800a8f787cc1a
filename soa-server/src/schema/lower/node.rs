use serde_json::{Map, Value as Json};

/// What says nothing about which values are taken.
const ANNOTATIONS: [&str; 13] = [
    "title",
    "description",
    "default",
    "deprecated",
    "example",
    "examples",
    "readOnly",
    "writeOnly",
    "$comment",
    "$defs",
    "definitions",
    "contentEncoding",
    "contentMediaType",
];

/// One JSON Schema: its own keywords and those of what it refers to, where the former win.
///
/// It notes which keywords were read, so that those that nobody knows cannot be passed over.
pub(super) struct Node<'a> {
    layers: Vec<&'a Map<String, Json>>,
    read: Vec<&'static str>,
    /// Whether a part of it was left out because it contains itself.
    pub(super) is_cut: bool,
    /// Whether it is the definition of bytes.
    pub(super) is_bytes: bool,
    /// Whether its marker says all there is.
    is_marked: bool,
}

impl<'a> Node<'a> {
    pub(super) fn new(own: &'a Map<String, Json>) -> Self {
        Self {
            layers: vec![own],
            read: vec!["$schema", "$id", "$ref"],
            is_cut: false,
            is_bytes: false,
            is_marked: false,
        }
    }

    pub(super) fn add_layer(&mut self, keywords: &'a Map<String, Json>) {
        self.layers.push(keywords);
    }

    /// The value of a keyword, which counts as read.
    pub(super) fn get(&mut self, keyword: &'static str) -> Option<&'a Json> {
        self.read.push(keyword);
        self.layers.iter().find_map(|layer| layer.get(keyword))
    }

    /// The value of a keyword, which does not count as read.
    pub(super) fn peek(&self, keyword: &str) -> Option<&'a Json> {
        self.layers.iter().find_map(|layer| layer.get(keyword))
    }

    pub(super) fn has(&self, keyword: &str) -> bool {
        self.layers.iter().any(|layer| layer.contains_key(keyword))
    }

    /// Lets keywords be, whatever they say.
    pub(super) fn pass_over(&mut self, keywords: &[&'static str]) {
        self.read.extend(keywords);
    }

    /// Lets all keywords be but those of markers.
    pub(super) fn pass_over_all(&mut self) {
        self.is_marked = true;
    }

    /// Whether the marker says this.
    pub(super) fn has_marker(&mut self, marker: &str) -> bool {
        let has_marker = self.peek("x-soa").is_some_and(|found| found == marker);
        if has_marker {
            self.read.push("x-soa");
        }
        has_marker
    }

    /// The description. One that belongs to a definition whose properties are merely added to others does not count.
    pub(super) fn description(&self) -> Option<&'a str> {
        let merged = self.layers.iter().position(|layer| layer.contains_key("properties"));
        let layers = &self.layers[..merged.map_or(self.layers.len(), |merged| merged + 1)];
        layers.iter().find_map(|layer| layer.get("description")).and_then(Json::as_str)
    }

    /// The properties in order; `None` where something else stands for them.
    pub(super) fn properties(&mut self) -> Option<Vec<(&'a str, &'a Json)>> {
        self.read.push("properties");
        let mut properties: Vec<(&str, &Json)> = Vec::new();
        for layer in &self.layers {
            let Some(more) = layer.get("properties") else { continue };
            for (name, schema) in more.as_object()? {
                if !properties.iter().any(|(known, _)| known == name) {
                    properties.push((name, schema));
                }
            }
        }
        Some(properties)
    }

    /// The names of the properties that must be there; `None` where something else stands for them.
    pub(super) fn required(&mut self) -> Option<Vec<&'a str>> {
        self.read.push("required");
        let mut required = Vec::new();
        for names in self.layers.iter().filter_map(|layer| layer.get("required")) {
            for name in names.as_array()? {
                required.push(name.as_str()?);
            }
        }
        Some(required)
    }

    /// A keyword that means something and that nobody has read.
    pub(super) fn left_over(&self) -> Option<&'a str> {
        let keywords = self.layers.iter().flat_map(|layer| layer.keys());
        keywords.map(String::as_str).find(|keyword| {
            let is_ours = keyword.starts_with("x-soa");
            let means_nothing = self.is_marked || keyword.starts_with("x-") || ANNOTATIONS.contains(keyword);
            (is_ours || !means_nothing) && !self.read.contains(keyword)
        })
    }
}
