"""Embeds texts with sentence-transformers: encode.py <model directory> <texts.json> <threads>.

Prints {"ready": true} once it is loaded and warm; then answers each line of stdin with a line, so that it never
computes beside another engine: a batch size with {"seconds", "count"}, `rss` with the highest memory so far,
`vectors` with those of the first texts.
"""

import json
import resource
import sys
import time

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.models import Normalize, Pooling, Transformer

directory, texts_file, threads = sys.argv[1:4]
torch.set_num_threads(int(threads))
texts = json.load(open(texts_file, encoding="utf-8"))
transformer = Transformer(directory, max_seq_length=256)
pooling = Pooling(transformer.get_word_embedding_dimension(), pooling_mode="mean")
model = SentenceTransformer(modules=[transformer, pooling, Normalize()], device="cpu")
model.encode(texts[:64])


def say(value):
    print(json.dumps(value), flush=True)


say({"ready": True})
for line in sys.stdin:
    request = line.strip()
    if request == "rss":
        say({"peakRssBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024})
    elif request == "vectors":
        say({"vectors": model.encode(texts[:32]).tolist()})
    else:
        batch = int(request)
        start = time.perf_counter()
        vectors = model.encode(texts, batch_size=batch)
        say({"seconds": time.perf_counter() - start, "count": len(vectors)})
