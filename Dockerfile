# The program, for every service of docker-compose.yml that is ours. What it needs comes by hash; it runs as nobody in particular.
FROM python:3.11-slim-bookworm@sha256:a36c24f9cbdf4fd0f52d67f0823eeac19c2028c637cecc392d97f980d4fec56b AS dependencies
COPY requirements.txt .
RUN python -m venv /opt/budgetwatch \
 && /opt/budgetwatch/bin/pip install --no-cache-dir --require-hashes -r requirements.txt

FROM python:3.11-slim-bookworm@sha256:a36c24f9cbdf4fd0f52d67f0823eeac19c2028c637cecc392d97f980d4fec56b
# The font is for PDFs, the time zones for the day in Taipei; a volume at the folder is its user's.
RUN apt-get update \
 && apt-get install -y --no-install-recommends fonts-noto-cjk fontconfig tzdata \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin budgetwatch \
 && install -d -o 10001 -g 10001 -m 700 /var/lib/budgetwatch
COPY --from=dependencies /opt/budgetwatch /opt/budgetwatch
COPY budgetwatch /app/budgetwatch
COPY ledger /app/ledger
COPY alerts /app/alerts
COPY producers /app/producers
COPY streams /app/streams
COPY agents /app/agents
COPY dashboards /app/dashboards
RUN /opt/budgetwatch/bin/python -m compileall -q /app \
 && printf '#!/bin/sh\nexec /opt/budgetwatch/bin/python -P -m budgetwatch "$@"\n' > /usr/local/bin/budgetwatch \
 && chmod 755 /usr/local/bin/budgetwatch
ENV PYTHONPATH=/app PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 LANG=C.UTF-8 HOME=/tmp
WORKDIR /tmp
USER 10001:10001
ENTRYPOINT ["budgetwatch"]
CMD ["--help"]
