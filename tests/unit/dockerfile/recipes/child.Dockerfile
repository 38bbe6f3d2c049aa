ARG TAG=none
FROM local/base:${TAG} AS build
ARG WHERE=nowhere
RUN touch /mark-unused

FROM local/base:$TAG
ARG WHERE=nowhere
ARG TAG
ENV PLACE=${WHERE:-x} NAMED="${TAG}"
COPY one.txt $WHERE/mark-one
COPY --from=build /mark-unused ${HOME_OF_APP}/mark-two
LABEL place=$PLACE
RUN touch mark-three && mkdir -m 1777 -p /tmp
USER ${WHERE:+7}:8
RUN touch /tmp/mark-four || true
CMD ["sh"]
