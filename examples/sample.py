# pip install "segmind>=1.1.0"
# export SEGMIND_API_KEY="YOUR_API_KEY"
from segmind import SegmindClient, InferenceFailed, InferenceTimeout

# Async (v2) — recommended for long-running / video models.
# run() blocks up to 600s; submit_async + job.wait(timeout=...) sets a longer
# deadline and keeps the request_id so you can re-poll later.
client = SegmindClient(base_url="http://127.0.0.1:8000/v1")                      # reads SEGMIND_API_KEY
payload = {
    "loop": False,
    "prompt": "a young boy riding a red bicycle in grand canyon valleys",
    "duration": "5",
    "aspect_ratio": "16:9",
}
job = client.submit_async("ray-flash-2-720p", **payload)
print(job.request_id)                         # available immediately
try:
    result = job.wait(timeout=900, interval=2.0)
    print(result["status"])                  # COMPLETED
    print(result.get("output"))              # model output (e.g. video URL)
except InferenceTimeout as e:
    print("still running:", e.request_id)    # re-poll later with this id
except InferenceFailed as e:
    print("failed:", e.detail)

# Fast models (<=600s) can use the one-liner instead:
# result = segmind.run("ray-flash-2-720p", **payload)
