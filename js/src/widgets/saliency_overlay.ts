import { shown } from "../core/shown";
import { view } from "./saliency_overlay/view";

/** A picture, and what in it moved a model's score. */
export default shown(view);
