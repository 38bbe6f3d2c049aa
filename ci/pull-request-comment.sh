#!/usr/bin/env bash
# Keep one comment on a GitHub pull request: bash ci/pull-request-comment.sh COMMENT.md
#
# COMMENT.md is what `layerscope check --output markdown=COMMENT.md` wrote. Its first line is a marker, by which the
# comment of an earlier run is found and replaced. Where the file is empty nothing changed, and the comment is
# removed: one that says what is no longer so is worse than none.
#
# Needs gh and jq, which GitHub's runners have, and in the environment GH_TOKEN, GITHUB_REPOSITORY and
# GITHUB_EVENT_PATH. Without a pull request there is nothing to do.
set -euo pipefail

file=$1
number=$(jq -r '.pull_request.number // .issue.number // empty' "$GITHUB_EVENT_PATH")
if [ -z "$number" ]; then
  echo "no pull request: no comment"
  exit 0
fi
comments=repos/$GITHUB_REPOSITORY/issues/$number/comments

# Comments of bots alone: whoever wrote the marker by hand keeps what he wrote.
mine=$(gh api --paginate "$comments?per_page=100" |
  jq -r '.[] | select(.user.type == "Bot" and (.body | startswith("<!-- layerscope-check")))
    | "\(.id)\t\(.body | split("\n")[0] | rtrimstr("\r"))"')

if [ -s "$file" ]; then
  marker=$(head -n 1 "$file")
  id=$(awk -F '\t' -v marker="$marker" '$2 == marker { print $1; exit }' <<< "$mine")
  if [ -n "$id" ]; then
    gh api --silent --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$id" -F "body=@$file"
    echo "comment $id replaced"
  else
    gh api --silent --method POST "$comments" -F "body=@$file"
    echo "comment written"
  fi
elif [ -z "$mine" ]; then
  echo "nothing changed: no comment"
elif [ "$(wc -l <<< "$mine")" -gt 1 ]; then
  echo "nothing changed, but which of the comments about several images to remove is unknown"
else
  id=${mine%%$'\t'*}
  gh api --silent --method DELETE "repos/$GITHUB_REPOSITORY/issues/comments/$id"
  echo "comment $id removed: nothing changed"
fi
