#include "pipeline/landmarks.h"

#include "ops/landmarks/landmarks.h"

namespace facesdk {

const int kMirror68[kLandmarks] = {16, 15, 14, 13, 12, 11, 10, 9,  8,  7,  6,  5,  4,  3,  2,  1,  0,  // jaw
                                   26, 25, 24, 23, 22, 21, 20, 19, 18, 17,          // brows
                                   27, 28, 29, 30, 35, 34, 33, 32, 31,              // nose
                                   45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40,  // eyes
                                   54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60,
                                   67, 66, 65};  // mouth

void predict_landmarks(const FaceModel& model, double focal_ratio, FaceObservation* face,
                       Workspace& workspace) {
  constexpr double kRadians = 0.017453292519943295;
  CropLandmarksParams p{};
  p.mean = model.landmark_mean().data(), p.bases = model.landmark_bases().data();
  p.identity = face->identity.data(), p.expression = face->expression.data();
  p.count = kLandmarks, p.num_identity = model.num_identity(), p.num_expression = model.num_expression();
  p.rotation = face->rotation, p.shift = face->translation_mm;
  p.crop = {{face->crop.center[0], face->crop.center[1]},
            face->crop.side,
            kRadians * face->crop.roll_deg,
            focal_ratio};
  p.out_crop = face->landmarks_crop, p.out_picture = face->landmarks_px;
  crop_landmarks_cpu(p, workspace);
}

void predict_landmarks(const FaceModel& model, double focal_ratio, ObservationList* faces,
                       Workspace& workspace) {
  for (size_t i = 0; i < faces->size(); ++i) predict_landmarks(model, focal_ratio, &(*faces)[i], workspace);
}

}  // namespace facesdk
