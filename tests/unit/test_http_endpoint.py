"""A model behind an HTTP endpoint, called with nothing but the standard library."""

import json
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import HTTPError

import numpy as np
import pandas as pd
import pytest

import xaiwidgets as xw
from xaiwidgets.errors import ModelError

WEIGHTS = {"warm": 2.0, "gripping": 3.0, "dull": -4.0}


def score_text(text):
    return [sum(WEIGHTS.get(word, 0.0) for word in text.split()), 0.5]


def score_row(row):
    return row["age"] * 2 + (5 if row["job"] == "nurse" else 0)


class Endpoint:
    """A server on this machine that scores texts or rows, and breaks after so many requests."""

    def __init__(self):
        self.batches = []
        self.works = float("inf")
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                endpoint.batches.append(len(given))
                if len(endpoint.batches) > endpoint.works:
                    self.send_error(503, "Overloaded")
                    return
                answer = json.dumps([score_text(x) if isinstance(x, str) else score_row(x) for x in given]).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def ask(self, inputs):
        url = f"http://127.0.0.1:{self.server.server_port}/predict"
        request = urllib.request.Request(url, json.dumps(inputs).encode(), {"Content-Type": "application/json"})
        # Straight to this machine, whatever proxy the environment names.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=10) as answer:
                return json.load(answer)
        except HTTPError as failure:
            failure.close()
            raise


@pytest.fixture
def endpoint():
    made = Endpoint()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_texts_are_sent_in_batches(endpoint):
    clf = xw.TextClassifier.from_callable(endpoint.ask, labels=["good", "other"])
    text = "a warm and gripping film with one dull hour in the middle of it"
    e = xw.explain(clf, text, target="good", method="occlusion")
    np.testing.assert_allclose(e.values, [WEIGHTS.get(word, 0.0) for word in e.features])
    assert sum(endpoint.batches) >= len(e.features) + 1
    assert len(endpoint.batches) < len(e.features)


def test_rows_are_sent_with_the_background_in_one_request(endpoint):
    background = pd.DataFrame({"age": [20, 40], "job": ["cook", "nurse"]})
    tab = xw.TabularModel(lambda rows: endpoint.ask(rows.to_dict("records")), background)
    e = xw.explain(tab, {"age": 50, "job": "nurse"}, method="permutation_shap")
    np.testing.assert_allclose(e.values, [2 * (50 - 30), 5 - 2.5])
    assert e.error_kind == "exact"
    # The row itself is one; each coalition is a row for each of the background's.
    assert all(size == 1 or size % 2 == 0 for size in endpoint.batches)


@pytest.mark.parametrize("kind", ["text", "table"])
def test_a_server_that_breaks_down_is_said_and_what_is_known_is_kept(endpoint, kind):
    if kind == "text":
        model, x = xw.TextClassifier.from_callable(endpoint.ask), "a warm and gripping film"
        known = 0.0
    else:
        background = pd.DataFrame({"age": [20, 40], "job": ["cook", "nurse"]})
        model = xw.TabularModel(lambda rows: endpoint.ask(rows.to_dict("records")), background)
        x, known = background.iloc[0], -20.0
    endpoint.works = 2
    job = xw.start(model, x, target=0, method="occlusion")
    with pytest.raises(ModelError) as caught:
        job.result()
    assert str(caught.value) == "The model raised HTTPError: HTTP Error 503: Overloaded"
    assert job.state == "failed"
    # The first feature was left out before it broke down.
    assert job.explanation.values[0] == pytest.approx(known)
    assert np.isnan(job.explanation.values[1:]).all()
    assert job.explanation.stopped_by == "failed"


def test_a_server_that_never_works_is_said_at_once(endpoint):
    endpoint.works = 0
    with pytest.raises(ModelError, match="The model raised HTTPError: HTTP Error 503: Overloaded"):
        xw.explain(xw.TextClassifier.from_callable(endpoint.ask), "a warm film")
