"""hierdiff: long documents and multi-file code from diffusion language models.

    import hierdiff
    document = hierdiff.write_sync("How a small town can cut flood damage", words=1200)
    print(document.text)

It plans a document as a graph of sections, opens a canvas for each, denoises those that may be written at the same time
in one batch, joins them, finds the spans that disagree and re-noises only those.
"""

from hierdiff.api import stream as stream
from hierdiff.api import write as write
from hierdiff.api import write_sync as write_sync
from hierdiff.canvas import Canvas as Canvas
from hierdiff.canvas import Hole as Hole
from hierdiff.canvas import Ink as Ink
from hierdiff.document import Cost as Cost
from hierdiff.document import Document as Document
from hierdiff.document import Draft as Draft
from hierdiff.document import parse as parse
from hierdiff.errors import HierdiffError as HierdiffError
from hierdiff.errors import MisuseError as MisuseError
from hierdiff.errors import RunError as RunError
from hierdiff.evidence import Passage as Passage
from hierdiff.findings import Finding as Finding
from hierdiff.findings import Revision as Revision
from hierdiff.ledger import Item as Item
from hierdiff.ledger import Ledger as Ledger
from hierdiff.outline import Edge as Edge
from hierdiff.outline import Outline as Outline
from hierdiff.outline import Section as Section
from hierdiff.plugins import open_backend as open_backend
from hierdiff.plugins import open_planner as open_planner
from hierdiff.protocols import Backend as Backend
from hierdiff.protocols import Capabilities as Capabilities
from hierdiff.protocols import Detector as Detector
from hierdiff.protocols import Planner as Planner
from hierdiff.protocols import Retriever as Retriever
from hierdiff.request import Request as Request
from hierdiff.retriever.folder import FolderRetriever as FolderRetriever
from hierdiff.settings import Settings as Settings
from hierdiff.spans import Quote as Quote
from hierdiff.spans import Span as Span
from hierdiff.writer import Writer as Writer
