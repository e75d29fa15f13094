"""Names, as the planners know them; `hierdiff.names` owns them, because mending needs them, too."""

from hierdiff.names import Slugs as Slugs
from hierdiff.names import topic_and_brief as topic_and_brief
