"""What a manifest describes: an image, an attestation of one, or an artifact.

The type of the configuration is not enough: BuildKit's attestations and cosign's signatures carry the type of
image configurations. A layer of an image has a media type that contains `tar`.
"""

from __future__ import annotations

from layerscope.errors import Malformed
from layerscope.oci.descriptor import Descriptor
from layerscope.oci.manifest import Manifest
from layerscope.oci.media_type import is_attestation_layer, is_config, is_tar

__all__ = ["classify", "is_attestation"]


def is_attestation(descriptor: Descriptor) -> bool:
    """Tell whether an index marks its entry as BuildKit's attestation of another entry."""
    return descriptor.annotation("vnd.docker.reference.type") == "attestation-manifest"


def classify(manifest: Manifest, descriptor: Descriptor) -> tuple[str, str]:
    """The kind of a candidate (`image`, `attestation`, `artifact`), and for the others what they are.

    Spec: image-spec v1.1.1, manifest.md#guidelines-for-artifact-usage. Raises Malformed for a manifest that
    has neither a configuration nor an artifact type.
    """
    layer_types = [layer.media_type or "" for layer in manifest.layers or ()]
    attesting = [text for text in layer_types if is_attestation_layer(text)]
    if is_attestation(descriptor) or (attesting and len(attesting) == len(layer_types)):
        return "attestation", attesting[0] if attesting else "attestation-manifest"
    artifact_type = manifest.artifact_type or descriptor.artifact_type
    if artifact_type and not is_config(artifact_type):  # some writers copy the type of the config
        return "artifact", artifact_type
    if manifest.config is None:
        raise Malformed("manifest.config: is missing")
    config_type = manifest.config.media_type or ""
    if not is_config(config_type):
        return "artifact", config_type
    if manifest.subject is not None:
        return "artifact", f"refers to {manifest.subject.digest}"
    if layer_types and not any(is_tar(text) for text in layer_types):
        return "artifact", f"layers of the type {layer_types[0]}"
    return "image", ""
